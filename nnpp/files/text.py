"""Reading of user files; every failure becomes an InputError."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.origin import Origin

LARGEST = 64_000_000
"""Largest size of a file that is read completely [bytes]."""


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


def read_bytes(path: Path) -> bytes:
    """Return the content of a file."""
    with reading(path):
        if path.stat().st_size > LARGEST:
            raise InputError(
                f"is larger than {LARGEST // 1_000_000} MB", "name the right file", path
            )
        return path.read_bytes()


def read_head(path: Path, characters: int) -> str:
    """Return the first bytes of any file, decoded as latin-1 (one character per byte)."""
    with reading(path), path.open("rb") as file:
        return file.read(characters).decode("latin-1")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def read_text(path: Path) -> str:
    r"""Return the text of a UTF-8 file, with \n as line ends."""
    raw = read_bytes(path)
    if b"\0" in raw:
        raise InputError("is a binary file, not text", "name the right file", path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8 text", "save it as UTF-8", path, line) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


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
