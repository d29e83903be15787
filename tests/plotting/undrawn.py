"""Figures that are set up but not drawn, for tests of something else: drawing takes longest."""

from matplotlib.figure import Figure


def leave_undrawn(figure, file, **_) -> None:
    """In place of `Figure.savefig`."""
    assert isinstance(figure, Figure)
    file.write(b"not drawn")
