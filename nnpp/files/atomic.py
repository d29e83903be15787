"""Atomic writes: a file is written completely or not at all.

Data go to a temporary name, then fsync, rename, and fsync of the folder.
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.text import exists

REMEDY = "choose a folder that can be written and has free space (--out)"

TEMPORARY = re.compile(r"\.(?P<stem>.+)-[a-z0-9_]{8}(?P<suffix>\.[^.]+)?", re.DOTALL)
"""The names of temporary files."""

NO_SYNC = (errno.EINVAL, errno.ENOTSUP)
"""Error numbers of file systems that cannot sync a folder."""


def refuse_unwritable(folder: Path) -> None:
    """Raise an InputError if the folder does not exist and cannot be created."""
    there = next(p for p in (folder, *folder.absolute().parents) if exists(p))
    if not there.is_dir():
        raise InputError("is a file, but a folder is needed", REMEDY, there)
    effective = os.access in os.supports_effective_ids
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=effective):
        raise InputError("cannot be written", REMEDY, there)


@contextmanager
def os_errors_about(path: Path, what: str, remedy: str = REMEDY) -> Iterator[None]:
    """Turn every OSError within the block into an InputError about `path`."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{what}: {reason}", remedy, path) from error


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary file: renamed to `path` if the block succeeds, removed otherwise."""
    temporary = None
    try:
        with os_errors_about(path, "cannot be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = _temporary_file(path)
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_atomic(path: Path, data: bytes | str) -> Path:
    """Write the data (text as UTF-8) to `path` and return `path`."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@contextmanager
def atomic_folder(path: Path, replace: bool = False) -> Iterator[Path]:
    """Yield a temporary folder: renamed to `path` if the block succeeds, removed otherwise.

    Args:
        path: the folder.
        replace: whether it may exist; its content is then removed after the renaming.
    """
    temporary = None
    try:
        with os_errors_about(path, "cannot be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=f".{path.stem}-", dir=path.parent))
            temporary.chmod(0o777 & ~_umask())
            yield temporary
            if replace and exists(path):
                _exchange(temporary, path.resolve())
            else:
                temporary.rename(path)
            _sync_folder(path.parent)
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _exchange(new: Path, old: Path) -> None:
    """Give the folder `new` the name of `old`, then remove `old`; on an error, keep `old`."""
    aside = Path(tempfile.mkdtemp(prefix=f".{old.stem}-", dir=old.parent))
    kept = aside / old.name
    try:
        old.rename(kept)
        new.rename(old)
    except BaseException:  # also Ctrl-C between the two
        if exists(kept) and not exists(old):
            kept.rename(old)
        if not exists(kept):
            aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)


def final_name(name: str) -> str | None:
    """Return the final name of a temporary file, or None if `name` is not temporary."""
    found = TEMPORARY.fullmatch(name)
    return found["stem"] + (found["suffix"] or "") if found else None


def _temporary_file(path: Path) -> Path:
    """Create an empty file in the folder of `path`, with its suffix and usual permissions."""
    handle, name = tempfile.mkstemp(
        prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
    )
    os.close(handle)
    Path(name).chmod(0o666 & ~_umask())
    return Path(name)


def _umask() -> int:
    umask = os.umask(0)  # the only way to read it is to set it
    os.umask(umask)
    return umask


def _sync_folder(folder: Path) -> None:
    """Wait until the disk holds the names in a folder, on file systems that support it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
    finally:
        os.close(handle)
