"""A package: a folder, or a zip of it, with the hash of every file in SHA256SUMS.

`sha256sum -c SHA256SUMS` checks it. The same files give the same zip to the last bit: they are
sorted, not compressed, and have one date.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath

from nnpp.errors import InputError
from nnpp.files.atomic import atomic_folder, refuse_unwritable, write_atomic
from nnpp.files.tensors import ARRAYS, STEM
from nnpp.files.text import exists, read_bytes, sha256_of

SUMS, ZIP = "SHA256SUMS", ".zip"

DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip can contain."""

RIGHTS = 0o100644 << 16
"""Permissions of a file that all may read, in the format of a zip."""

LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<name>[^\\\r]+)")

COPY_AGAIN = "copy the package again from its source"

Files = Mapping[str, bytes]
"""The content of the files of a package, by name."""


def write_package(out: Path, name: str, files: Files) -> list[Path]:
    """Write a zip, or a folder if `out` does not end with .zip; return the paths."""
    known = dict(files) | {SUMS: sums(files).encode()}
    if out.suffix == ZIP:
        return [write_atomic(out, _zipped(name, known))]
    with atomic_folder(out) as temporary:
        for inner, data in sorted(known.items()):
            write_atomic(temporary / inner, data)
    return [out / inner for inner in sorted(known)]


def refuse_taken(out: Path) -> None:
    """Raise an error if `out` exists and is not an older zip of a package."""
    if exists(out) and not (out.suffix == ZIP and _is_package(out)):
        what = "is there already" + (", and no package" if out.suffix == ZIP else "")
        raise InputError(what, "remove it, or choose another --out", out)
    refuse_unwritable(out.parent)


def sums(files: Files) -> str:
    """Return the lines of SHA256SUMS."""
    return "".join(f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))


def refuse_damaged(folder: Path) -> int:
    """Return the number of files of a package; raise an error if one is missing or changed."""
    path = folder / SUMS
    lines = read_bytes(path).decode(errors="replace").removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        found = LINE.fullmatch(line)
        if found is None or not _within(found["name"]):
            raise InputError("is no line of a checksum and a file", COPY_AGAIN, path, number)
        file = folder / found["name"]
        if not exists(file) or not file.is_file():
            raise InputError(f"is missing, but listed in {SUMS}", COPY_AGAIN, file)
        if sha256_of(file) != found["digest"]:
            raise InputError(f"is damaged: its SHA-256 is not that in {SUMS}", COPY_AGAIN, file)
    return len(lines)


def is_package(folder: Path) -> bool:
    """Return whether a folder is an unpacked package."""
    return exists(folder / SUMS)


def _within(name: str) -> bool:
    """Return whether a name is that of a file below the folder."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _zipped(name: str, files: Files) -> bytes:
    """Return a zip with one folder of this name."""
    image = io.BytesIO()
    with zipfile.ZipFile(image, "w", zipfile.ZIP_STORED) as archive:
        for inner in sorted(files):
            entry = zipfile.ZipInfo(f"{name}/{inner}", DATE)
            entry.external_attr, entry.create_system = RIGHTS, 3
            archive.writestr(entry, files[inner])
    return image.getvalue()


def _is_package(file: Path) -> bool:
    """Return whether a zip contains a model and its hashes."""
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(file))) as archive:
            names = {PurePosixPath(name).name for name in archive.namelist()}
    except (InputError, zipfile.BadZipFile):
        return False
    return {SUMS, f"{STEM}{ARRAYS}"} <= names
