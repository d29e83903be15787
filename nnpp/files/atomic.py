"""Every file is written whole or not at all: a temporary name, fsync, rename, fsync again."""

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

REMEDY = "choose a folder that can be written and has room (--out)"

TEMPORARY = re.compile(r"\.(?P<stem>.+)-[a-z0-9_]{8}(?P<suffix>\.[^.]+)?", re.DOTALL)
"""The names that `_fresh` gives."""

NO_SYNC = (errno.EINVAL, errno.ENOTSUP)
"""How a file system says that it cannot sync a folder."""


def refuse_unwritable(folder: Path) -> None:
    """Refuse a folder that is not there and cannot be made, before any work is done for it."""
    there = next(p for p in (folder, *folder.absolute().parents) if exists(p))
    if not there.is_dir():
        raise InputError("is a file, where a folder is wanted", REMEDY, there)
    effective = os.access in os.supports_effective_ids
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=effective):
        raise InputError("cannot be written", REMEDY, there)


@contextmanager
def told(path: Path, what: str, remedy: str = REMEDY) -> Iterator[None]:
    """What the system refuses within the block, as an InputError about `path`."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{what}: {reason}", remedy, path) from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lend a name beside `path`: it becomes `path` if the block ends well, else it goes."""
    temporary = None
    try:
        with told(path, "cannot be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = _fresh(path)
            yield temporary
            _to_disk(temporary)
            temporary.replace(path)
            _entry_to_disk(path.parent)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_atomic(path: Path, data: bytes | str) -> Path:
    """Write the data (text as UTF-8) to `path`, which is returned."""
    with whole(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Lend a folder beside `path`: it becomes `path` if the block ends well, else it goes."""
    temporary = None
    try:
        with told(path, "cannot be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=f".{path.stem}-", dir=path.parent))
            temporary.chmod(0o777 & ~_umask())
            yield temporary
            temporary.rename(path)
            _entry_to_disk(path.parent)
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def becomes(name: str) -> str | None:
    """The name that a temporary of this name was to get; None if it is no temporary."""
    found = TEMPORARY.fullmatch(name)
    return found["stem"] + (found["suffix"] or "") if found else None


def _fresh(path: Path) -> Path:
    """An empty file in the folder of `path`, with its suffix and the usual permissions."""
    handle, name = tempfile.mkstemp(
        prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
    )
    os.close(handle)
    Path(name).chmod(0o666 & ~_umask())
    return Path(name)


def _umask() -> int:
    """The rights that this process gives away on no file."""
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _to_disk(path: Path) -> None:
    """Wait until the disk holds what was written."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _entry_to_disk(folder: Path) -> None:
    """Wait until the disk holds the names in a folder, where it can be asked to."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
    finally:
        os.close(handle)
