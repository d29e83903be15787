"""Potentials that come with the package, by name: `nnpp.load("zb-CdSe")`.

They are the fits of inputs/, made by `python -m benchmarks reference`.
"""

from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.tensors import ARRAYS
from nnpp.files.text import exists

FOLDER = Path(__file__).parents[1] / "shipped"


def shipped() -> tuple[str, ...]:
    """Return the names of the shipped potentials."""
    return tuple(sorted(file.stem for file in FOLDER.glob(f"*{ARRAYS}")))


def located(path: Path) -> Path:
    """Return `path`, or the file of the shipped potential that it names if no file is there.

    Raises:
        InputError: if `path` is one word that names nothing.
    """
    word = path.name == str(path) and not path.suffix
    if not word or exists(path) or exists(Path(f"{path}{ARRAYS}")):
        return path
    if path.name not in shipped():
        raise InputError(
            "no such file or folder, and no shipped potential",
            f"correct the path, or name one of {', '.join(shipped())}",
            path,
        )
    return FOLDER / f"{path.name}{ARRAYS}"
