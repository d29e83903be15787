"""Figures that are set up but not drawn, for tests of something else: drawing takes longest."""

from pathlib import Path

from matplotlib.figure import Figure


def leave_undrawn(figure, file, **_) -> None:
    """In place of `Figure.savefig`."""
    assert isinstance(figure, Figure)
    if isinstance(file, str | Path):
        Path(file).write_bytes(b"not drawn")
    else:
        file.write(b"not drawn")
