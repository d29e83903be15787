"""Text files from outside: one way to open them, one sentence for each way it fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

from nnpp.errors import InputError
from nnpp.files.origin import Origin

LARGEST = 64_000_000
"""Bytes; no text that nnpp reads comes near it, a wrong file easily does."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What the system refuses within the block, as an InputError about `path`."""
    try:
        if path.is_dir():
            raise InputError("is a folder, where a file is expected", "name a file in it", path)
        yield
    except FileNotFoundError as error:
        raise InputError("no such file", "mend the name, or add the file", path) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"cannot be read: {reason}", "make it readable", path) from error


def read_bytes(path: Path) -> bytes:
    """What the file holds; an InputError says why it cannot be read."""
    with reading(path):
        if path.stat().st_size > LARGEST:
            raise InputError(
                f"is larger than {LARGEST // 1_000_000} MB", "name the right file", path
            )
        return path.read_bytes()


def read_head(path: Path, characters: int) -> str:
    """How a file begins, whatever it holds: a byte a character."""
    with reading(path), path.open("rb") as file:
        return file.read(characters).decode("latin-1")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, line ends made alike."""
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
    """Whether there is something of that name; an InputError if one may not look."""
    try:
        return path.exists()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"cannot be reached: {reason}", "mend the name or its rights", path
        ) from error


def named(origin: Origin, path: Path, *keys: str | int) -> Path:
    """The file that an entry names; where there is none, the line that names it is told."""
    if not exists(path):
        raise origin.error(f"no such file: {path.name}", f"put it into {path.parent}", *keys)
    return path
