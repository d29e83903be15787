"""A process on a disk that fills up; on each line what one try did to the files, as JSON.

`python -m tests.faults.crowded limit|space FOLDER`: either no file may grow beyond so many
bytes, or so many bytes of the folder's own small disk are taken.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from nnpp.errors import InputError
from nnpp.runs.checkpoints import clear, save
from nnpp.runs.metrics import append
from tests.faults.samples import checkpoint

ROOM = 128 * 1024
"""Bytes of the small disk."""

METRICS = "metrics.jsonl"


@contextmanager
def limit(folder: Path, size: int) -> Iterator[None]:
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


@contextmanager
def space(folder: Path, size: int) -> Iterator[None]:
    filler = folder.parent / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        file.write(bytes(size))
    try:
        yield
    finally:
        filler.unlink()


def files(folder: Path) -> dict[str, str]:
    """Every file and its content, hidden ones as well."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def refusal(write: Callable[[], object]) -> str:
    """Return what the user reads, or nothing."""
    try:
        write()
    except InputError as error:
        return str(error)
    return ""


def attempt(folder: Path, crowd: Callable, size: int) -> dict[str, object]:
    """One try, from two checkpoints and two lines, to add one of each."""
    clear(folder)
    (folder / METRICS).unlink(missing_ok=True)
    for step in (1, 2):
        save(folder, checkpoint(step))
        append(folder / METRICS, {"step": step})
    before = files(folder)
    long = {"step": 3, "words": "x" * 6000}
    with crowd(folder, size):
        saved = refusal(lambda: save(folder, checkpoint(3)))
        added = refusal(lambda: append(folder / METRICS, long))
    return {"saved": saved, "added": added, "before": before, "after": files(folder)}


if __name__ == "__main__":
    kind, folder = sys.argv[1], Path(sys.argv[2])
    crowd, step = {"limit": (limit, 199), "space": (space, 1024)}[kind]
    for size in range(0, ROOM if kind == "space" else 25_000, step):
        sys.stdout.write(json.dumps(attempt(folder, crowd, size)) + "\n")
