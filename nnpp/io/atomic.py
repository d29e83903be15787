"""Every file is written whole or not at all: a temporary name, fsync, rename."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnpp.errors import InputError
from nnpp.io.text import exists

REMEDY = "choose a folder that can be written and has room (--out)"


def refuse_unwritable(folder: Path) -> None:
    """Refuse a folder that is not there and cannot be made, before any work is done for it."""
    there = next(p for p in (folder, *folder.absolute().parents) if exists(p))
    if not there.is_dir():
        raise InputError("is a file, where a folder is wanted", REMEDY, there)
    effective = os.access in os.supports_effective_ids
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=effective):
        raise InputError("cannot be written", REMEDY, there)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Lend a name beside `path`: it becomes `path` if the block ends well, else it goes."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _fresh(path)
        yield temporary
        _to_disk(temporary)
        temporary.replace(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot be written: {reason}", REMEDY, path) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes | str) -> Path:
    """Write the data (text as UTF-8) to `path`, which is returned."""
    with whole(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def _fresh(path: Path) -> Path:
    """An empty file in the folder of `path`, with its suffix and the usual permissions."""
    handle, name = tempfile.mkstemp(
        prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
    )
    os.close(handle)
    umask = os.umask(0)
    os.umask(umask)
    Path(name).chmod(0o666 & ~umask)
    return Path(name)


def _to_disk(path: Path) -> None:
    """Wait until the disk holds what was written."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
