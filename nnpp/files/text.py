"""Reading of user files; every failure becomes an InputError.

Every reader opens its file with `opened`, which accepts only regular files up to a size. So no
reader waits for a pipe, reads a device without end, or needs more memory than its limit allows.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.origin import Origin

LARGEST = 64_000_000
"""Largest size of a file that is read completely [bytes]."""

MOST_LINES = 1_000_000
"""Largest number of lines of a text file that is read completely."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn every OSError within the block into an InputError about `path`."""
    try:
        if path.is_dir():
            raise InputError("is a folder, but a file is needed", "name a file in it", path)
        yield
    except FileNotFoundError as error:
        raise InputError("no such file", "correct the name, or add the file", path) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot be read: {reason}", "make it readable", path) from error


@contextmanager
def opened(path: Path, largest: int | None = None) -> Iterator[BufferedReader]:
    """Open a regular file for reading in binary mode; pipes and devices are refused.

    Args:
        path: the file.
        largest: largest size [bytes]; None for files that are read piece by piece.
    """
    with reading(path):
        # O_NONBLOCK: opening a pipe without a writer returns, instead of waiting for one.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise InputError(
                    "is a pipe or a device, but a file is needed", "name a file", path
                )
            if largest is not None and found.st_size > largest:
                raise InputError(
                    f"is larger than {largest / 1e6:g} MB", "name the right file", path
                )
            yield file


def read_bytes(path: Path, largest: int = LARGEST) -> bytes:
    """Return the content of a file of at most `largest` bytes."""
    with opened(path, largest) as file:
        return file.read(os.fstat(file.fileno()).st_size)


def read_head(path: Path, characters: int) -> str:
    """Return the first bytes of any file, decoded as latin-1 (one character per byte)."""
    with opened(path) as file:
        return file.read(characters).decode("latin-1")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file of any size."""
    with opened(path) as file:
        return file_digest(file, "sha256").hexdigest()


def read_text(path: Path, largest: int = LARGEST) -> str:
    r"""Return the text of a UTF-8 file of at most `largest` bytes, with \n as line ends."""
    raw = read_bytes(path, largest)
    if b"\0" in raw:
        raise InputError("is a binary file, not text", "name the right file", path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8 text", "save it as UTF-8", path, line) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > MOST_LINES:
        raise InputError(f"has more than {MOST_LINES:,} lines", "name the right file", path)
    return text


def exists(path: Path) -> bool:
    """Return whether the path exists; raise an InputError if its folder cannot be read."""
    try:
        return path.exists()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"cannot be reached: {reason}", "correct the name or its permissions", path
        ) from error


def existing(origin: Origin, path: Path, *keys: str | int) -> Path:
    """Return the path; if it does not exist, raise an error at the entry that names it."""
    if not exists(path):
        raise origin.error(f"no such file: {path.name}", f"put it into {path.parent}", *keys)
    return path
