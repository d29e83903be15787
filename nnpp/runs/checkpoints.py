"""checkpoints/: the last two states of a fit, each a file that begins with its own hash.

A note names a damaged one, and the one before it is used.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.atomic import final_name, os_errors_about, write_atomic
from nnpp.files.text import opened
from nnpp.runs.checkpoint_file import LARGEST, Checkpoint, RefusedError, packed, unpacked

NAME = re.compile(r"step-([0-9]{8,})\.ckpt")
ANY = re.compile(r"step-.*\.ckpt", re.DOTALL)
"""Files that are read or refused as checkpoints; copies have other names than NAME."""

SWEEP = 10.0
"""The longest time [s] that a writer waits for a reader that removes old temporary files."""

FRESH = "`--fresh` starts over"
OTHER_FIT = "belongs to another fit"


@dataclass(frozen=True)
class Found:
    """The result of searching a folder of checkpoints.

    Attributes:
        checkpoint: the newest valid one; None without any file.
        notes: which files were refused, and why.
    """

    checkpoint: Checkpoint | None
    notes: tuple[str, ...]


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint and return its path.

    Then all others are removed, except the newest valid one of an earlier step.
    """
    data = packed(checkpoint)
    path = folder / f"step-{checkpoint.step:08d}.ckpt"
    with os_errors_about(folder, "cannot be used"):
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder, fcntl.LOCK_SH, SWEEP):
            write_atomic(path, data)
            _forget(folder, path, checkpoint.identity)
    return path


def newest(folder: Path, identity: str) -> Found:
    """Return the newest valid checkpoint of the fit `identity`, with notes on refused files."""
    refused: dict[Path, str] = {}
    with os_errors_about(folder, "cannot be used"):
        _sweep(folder)
        paths = _newest_first(folder)
    for path in paths:
        try:
            checkpoint = _read(path, identity)
        except RefusedError as reason:
            if os.path.lexists(path):
                refused[path] = str(reason)
        else:
            notes = (f"{path.name} {reason}; not used" for path, reason in refused.items())
            return Found(checkpoint, tuple(notes))
    if len(refused) < len(paths):
        return newest(folder, identity)  # a process that trains has replaced them meanwhile
    if refused:
        raise _none_good(refused)
    return Found(None, ())


def clear(folder: Path) -> None:
    """Remove every checkpoint, valid or not."""
    with os_errors_about(folder, "cannot be used"):
        _sweep(folder)
        for path in reversed(_newest_first(folder)):
            path.unlink(missing_ok=True)


def _read(path: Path, identity: str) -> Checkpoint:
    """Return the checkpoint in a file; refuse a damaged, renamed or foreign one."""
    try:
        if not path.is_file():
            raise RefusedError("is no file")
        with opened(path, LARGEST) as file:
            checkpoint = unpacked(file)
    except InputError as error:
        raise RefusedError(error.what) from error
    if checkpoint.identity != identity:
        raise RefusedError(OTHER_FIT)
    if path.name != f"step-{checkpoint.step:08d}.ckpt":
        raise RefusedError(f"is not under its own name: it holds step {checkpoint.step}")
    return checkpoint


def _none_good(refused: dict[Path, str]) -> InputError:
    """Return the error if every file was refused; another fit is named first."""
    for path, reason in refused.items():
        if reason == OTHER_FIT:
            return InputError(reason, f"{FRESH}, or restore the fit it was made with", path)
    (path, reason), *older = refused.items()
    what = f"{reason}, and no older checkpoint is good" if older else reason
    return InputError(what, FRESH, path)


def _forget(folder: Path, new: Path, identity: str) -> None:
    """Remove all checkpoints but the new one and the newest valid one before it."""
    spare = None
    for path in _newest_first(folder):
        if path == new or not NAME.fullmatch(path.name) or not path.is_file():
            continue
        if spare is None and _step(path) < _step(new) and _is_good(path, identity):
            spare = path
        else:
            path.unlink(missing_ok=True)


def _is_good(path: Path, identity: str) -> bool:
    """Return whether `newest` would use a file."""
    try:
        _read(path, identity)
    except RefusedError:
        return False
    return True


def _newest_first(folder: Path) -> list[Path]:
    """Return all files with names of checkpoints, the newest first."""
    found = [path for path in _entries(folder) if ANY.fullmatch(path.name)]
    return sorted(found, key=lambda path: (_step(path), path.name), reverse=True)


def _entries(folder: Path) -> list[Path]:
    """Return the entries of a folder; none if it does not exist."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _step(path: Path) -> int:
    """Return the step in the name of a file; −1 for a copy, which is sorted last."""
    found = NAME.fullmatch(path.name)
    return int(found[1]) if found else -1


def _sweep(folder: Path) -> None:
    """Remove the files of killed writers, if no other process writes here now.

    The names are listed before the lock is requested, so that new files are not included.
    """
    left = [path for path in _entries(folder) if NAME.fullmatch(final_name(path.name) or "")]
    if not left:
        return
    with _locked(folder, fcntl.LOCK_EX) as alone:
        for path in left if alone else ():
            with suppress(OSError):  # one that cannot be removed does no harm
                path.unlink(missing_ok=True)


@contextmanager
def _locked(folder: Path, kind: int, wait: float = 0) -> Iterator[bool]:
    """Lock the folder with flock(2) for the block, and yield whether that succeeded.

    A writer shares the lock, and continues without it if the file system has no locks. It waits
    for a sweep to end: a temporary file written without the lock could be swept by the next
    reader. Sweeping requires an exclusive lock and is skipped without it.

    Args:
        folder: the folder that is locked.
        kind: `fcntl.LOCK_SH` or `fcntl.LOCK_EX`.
        wait: seconds to wait while another process holds the lock.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield _flock(handle, kind, time.monotonic() + wait)
    finally:
        os.close(handle)


def _flock(handle: int, kind: int, deadline: float) -> bool:
    """Return True if the lock was given before the deadline."""
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.001)
        except OSError:  # the file system has no locks
            return False
        else:
            return True
