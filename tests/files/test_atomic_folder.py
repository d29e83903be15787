"""Replacing a folder keeps the old one if it is interrupted at any point."""

from pathlib import Path

import pytest

from nnpp.errors import InputError
from nnpp.files.atomic import atomic_folder


def replaced(path: Path) -> None:
    with atomic_folder(path, replace=True) as temporary:
        (temporary / "a.txt").write_text("new")


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupted_replacement_keeps_a_folder(tmp_path, monkeypatch, before, at, error):
    """Ctrl-C before and after each of the two renamings."""
    folder, rename, calls = tmp_path / "fit", Path.rename, []
    folder.mkdir()
    (folder / "a.txt").write_text("old")

    def interrupted(self: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) - 1 == at and before:
            raise error
        rename(self, target)
        if len(calls) - 1 == at:
            raise error

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises((error, InputError)):
        replaced(folder)
    monkeypatch.undo()
    assert (folder / "a.txt").read_text() == ("old" if before or at == 0 else "new")
    assert before is False or [p.name for p in tmp_path.iterdir()] == ["fit"]
    replaced(folder)
    assert (folder / "a.txt").read_text() == "new"
