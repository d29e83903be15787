"""outputs.json: SHA-256, size and origin of every file that commands wrote into a run.

Each verb records its files under the lock of the run, after it wrote them. `nnpp verify`
compares them. Runs of earlier versions have no outputs.json. The fingerprint of the potential
that a file is made from is recorded as well, so that an outdated file is found.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import jax
import numpy as np

from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.json_text import load_json
from nnpp.files.text import exists, opened, read_text, sha256_of
from nnpp.potentials.potential import Potential
from nnpp.runs.lock import held
from nnpp.runs.metrics import NAME as METRICS

NAME, FORMAT = "outputs.json", "nnpp outputs 1"

LISTED = "outputs"
"""The key of run.yaml with the name of the list; runs of earlier versions lack both."""

DIGEST = "sha256"
"""The entry of outputs.json with the SHA-256 of all others."""

DAMAGED = "restore it, or remove it; commands record again what they write"

GROWING = (METRICS,)
"""Files to which training appends; their first bytes are those that were recorded."""

FROM_COPY = "restore it from a copy"

REMEDIES = {
    "frames": FROM_COPY,
    METRICS: FROM_COPY,
    "run.yaml": f"{FROM_COPY}, or fit the original fit.yaml into another folder (--out)",
}
"""Remedies for files and folders that no verb writes again without removing the training."""

UNRECORDED = ("checkpoints", "lock", "tune", NAME)
"""Files and folders of a run that guard themselves, or belong to another command."""

PIECE = 1 << 20
"""Bytes that are read at once."""


@dataclass(frozen=True)
class Output:
    """A file that a verb wrote.

    Attributes:
        digest: its SHA-256.
        size: its size [bytes].
        by: the verb.
        potential: fingerprint of the potential that it was made from; None if from none.
    """

    digest: str
    size: int
    by: str
    potential: str | None = None


Outputs = Mapping[str, Output]
"""The files of a run by their names relative to it."""

Record = Callable[[Iterable[Path]], tuple[Path, ...]]
"""Records files that were written, and returns them."""


def fingerprint(potential: Potential) -> str:
    """Return the SHA-256 of all parameters of a potential."""
    digest = sha256()
    for leaf in jax.tree.leaves(potential):
        digest.update(np.asarray(leaf, float).tobytes())
    return digest.hexdigest()


@contextmanager
def writing(
    folder: Path, by: str, potential: Potential | None = None, replaces: bool = False
) -> Iterator[Record]:
    """Hold the lock of a run during a block, and yield the function that records its files.

    Args:
        folder: the run.
        by: the verb that writes.
        potential: what its files are made from.
        replaces: whether it removes what it wrote earlier into the same folders.

    Raises:
        InputError: if another process holds the lock, or outputs.json is damaged.
    """
    with held(folder) as lock:
        read_outputs(folder)

        def recorded(paths: Iterable[Path]) -> tuple[Path, ...]:
            lock.require()
            return record(folder, paths, by, potential, replaces)

        yield recorded


def record(
    folder: Path,
    paths: Iterable[Path],
    by: str,
    potential: Potential | None = None,
    replaces: bool = False,
) -> tuple[Path, ...]:
    """Record files that were written, under the lock of the run; return their paths.

    Files outside the run are not recorded. The record of a growing file whose first bytes were
    changed remains, so that the change is found.

    Args:
        folder: the run.
        paths: the files.
        by: the verb that wrote them.
        potential: what they are made from.
        replaces: whether the verb removes what it wrote earlier into the same folders, which is
            then no longer listed. Without it, missing files stay listed and are found.
    """
    paths = tuple(paths)
    names = {name: path for path in paths if (name := within(folder, path)) is not None}
    state = None if potential is None else fingerprint(potential)
    known = read_outputs(folder)
    new = {
        name: Output(sha256_of(path), path.stat().st_size, by, state)
        for name, path in names.items()
        if path.name not in GROWING or name not in known or _agrees(path, known[name])
    }
    places = {PurePosixPath(name).parent for name in new}
    kept = {
        name: one
        for name, one in known.items()
        if not replaces
        or (one.by != by or PurePosixPath(name).parent not in places or exists(folder / name))
    }
    if new:
        _write(folder, kept | new)
    return paths


def forget(folder: Path, names: Iterable[str]) -> None:
    """Remove files from outputs.json, under the lock of the run."""
    known, gone = read_outputs(folder), set(names)
    if gone & set(known):
        _write(folder, {name: one for name, one in known.items() if name not in gone})


def read_outputs(folder: Path) -> Outputs:
    """Return what a run has recorded; nothing if it has no outputs.json."""
    path = folder / NAME
    if not exists(path):
        return {}
    try:
        data = load_json(read_text(path))
        digest = data.pop(DIGEST)
        if data["format"] != FORMAT or digest != _digest(data):
            raise ValueError("its SHA-256 does not match")
        return {name: _output(name, entry) for name, entry in data["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError("is no list of outputs, or damaged", DAMAGED, path) from error


def differences(folder: Path, potential: str) -> Iterator[tuple[str, str]]:
    """Yield name and description of each output that is missing, changed or outdated.

    Args:
        folder: the run.
        potential: fingerprint of its potential.
    """
    for name, one in sorted(read_outputs(folder).items()):
        outdated = one.potential not in (None, potential)
        path, again = folder / name, f"use `nnpp {one.by}`"
        remedy = REMEDIES.get(
            PurePosixPath(name).parts[0], f"restore it, or {again} with the same options"
        )
        refuse_leaving(folder, path)
        if not exists(path):
            if not outdated:
                yield name, f"is missing; {remedy}"
        elif not _agrees(path, one):
            yield name, f"has changed since it was written; {remedy}"
        elif outdated:
            yield name, f"is of another potential; {again}, or remove it"


def unrecorded(folder: Path) -> list[str]:
    """Return the names of all files of a run that outputs.json does not list."""
    known = read_outputs(folder)
    found = [os.path.relpath(path, folder) for path in _files(folder)]
    return sorted(n for n in found if n not in known and not _guarded(n))


def hidden(folder: Path) -> list[str]:
    """Return the names of all hidden files of a run that belong to no other command."""
    found = (PurePosixPath(os.path.relpath(path, folder)) for path in _files(folder))
    shown = (name for name in found if name.parts[0] not in UNRECORDED)
    return sorted(str(name) for name in shown if name.name.startswith("."))


def grown(folder: Path, name: str) -> int:
    """Return the bytes that were appended to a file since it was recorded."""
    known, path = read_outputs(folder).get(name), folder / name
    if known is None:
        return 0
    return (path.stat().st_size if exists(path) else 0) - known.size


def refuse_leaving(folder: Path, path: Path) -> None:
    """Raise an InputError if a path within a run is, by a link, a file outside of it."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError("is a link that leaves the run", "replace it by what it names", path)


def refuse_links(folder: Path) -> None:
    """Raise an InputError if a run has a link to something outside of it."""
    for path in _files(folder):
        if path.is_symlink():
            refuse_leaving(folder, path)


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files of a run, and links to folders."""
    for place, folders, files in os.walk(folder):
        yield from (Path(place, name) for name in files)
        yield from (Path(place, name) for name in folders if Path(place, name).is_symlink())


def _guarded(name: str) -> bool:
    """Return whether a file is hidden, or has checksums of its own."""
    first = PurePosixPath(name).parts[0]
    return first in UNRECORDED or PurePosixPath(name).name.startswith(".")


def within(folder: Path, path: Path) -> str | None:
    """Return the name of a file relative to the run; None if it is outside."""
    name = PurePosixPath(os.path.relpath(path, folder))
    return None if ".." in name.parts else str(name)


def _agrees(path: Path, one: Output) -> bool:
    """Return whether a file is as it was recorded; a growing one may be longer."""
    size = path.stat().st_size if path.is_file() else -1
    if path.name not in GROWING and size != one.size:
        return False
    return size >= one.size and prefix_digest(path, one.size) == one.digest


def prefix_digest(path: Path, size: int) -> str:
    """Return the SHA-256 of the first bytes of a file."""
    found = sha256()
    with opened(path) as file:
        while size > 0 and (piece := file.read(min(size, PIECE))):
            found.update(piece)
            size -= len(piece)
    return found.hexdigest()


def _write(folder: Path, outputs: Outputs) -> None:
    """Write outputs.json."""
    files = {name: _entry(one) for name, one in sorted(outputs.items())}
    data: dict[str, Any] = {"format": FORMAT, "files": files}
    text = json.dumps(data | {DIGEST: _digest(data)}, indent=1, ensure_ascii=False)
    write_atomic(folder / NAME, text + "\n")


def _entry(one: Output) -> dict[str, Any]:
    """Return an output as JSON values."""
    entry = {"sha256": one.digest, "bytes": one.size, "by": one.by}
    return entry if one.potential is None else entry | {"potential": one.potential}


def _output(name: str, entry: Mapping[str, Any]) -> Output:
    """Return an output from JSON values; raise a ValueError for a file outside the run."""
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise ValueError(f"{name} is outside the run")
    potential = entry.get("potential")
    if type(entry["bytes"]) is not int or not isinstance(potential, str | None):
        raise ValueError(f"{name} has no size")
    return Output(str(entry["sha256"]), entry["bytes"], str(entry["by"]), potential)


def _digest(data: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the content of outputs.json."""
    return sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
