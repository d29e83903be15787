"""HDF5 files: what a file claims is checked before anything is read.

All HDF5 files are opened here, because HDF5 follows links and datasets into other files, and
allocates the size that a file claims, even if the file does not contain the data.
"""

import json
import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from nnpp.errors import InputError
from nnpp.files.text import LARGEST, read_bytes

MOST_NAMES = 10_000
"""Largest number of names in a file."""

FILTERS = (h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_SHUFFLE)
"""Accepted filters: the size of data that are compressed is known only after reading them."""

HEAP = re.compile(rb"GCOL\x01\0\0\0(.{8})", re.DOTALL)
"""The head of a heap, which holds the texts of attributes."""

OBJECT = struct.Struct("<H6xQ")
"""Number and length of an object in a heap."""

DIGEST = "attributes_sha256"
"""Attribute of the file: SHA-256 of all other attributes, which have no checksums of HDF5."""

DAMAGE = (
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""Exceptions that h5py raises for failed checksums, truncated files and missing names."""


@contextmanager
def opened_hdf5(
    path: Path, damaged: str, remedy: str, names: Iterable[str] | None = None
) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading; errors of the file within the block become InputErrors.

    Args:
        path: the file.
        damaged: what is wrong if it cannot be read, as "is damaged".
        remedy: what to do then.
        names: members that will be read; None for all groups and datasets.
    """
    raw = read_bytes(path)
    if not raw.startswith(b"\x89HDF"):
        raise InputError("is not an HDF5 file", "name the right file", path)
    try:
        _check_heaps(raw)
        with h5py.File(path, "r") as file:
            some = ((file, name) for name in names or () if name in file)
            _check(path, _all_members(file) if names is None else some)
            yield file
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(f"{damaged} ({reason})", remedy, path) from error


def values(file: h5py.File, name: str) -> np.ndarray:
    """Return the numbers or characters of a dataset."""
    data = _dataset(file, name)
    if data.dtype.kind not in "fiubS":
        raise ValueError(f"{name} has the type {data.dtype!s:.20}")
    if data.size and not data.id.get_storage_size():
        raise ValueError(f"{name} has the shape {data.shape}, but no data")
    return np.asarray(data[()])


def shape(file: h5py.File, name: str) -> tuple[int, ...]:
    """Return the shape of a dataset."""
    return _dataset(file, name).shape


def attribute(file: h5py.File, name: str, key: str) -> Any:
    """Return an attribute of the object `name`: a text, a number or an array of numbers."""
    attributes = file[name].attrs
    found = attributes.get_id(key)
    texts = h5py.check_string_dtype(found.dtype) or found.dtype.kind == "O"
    # Each of many texts can be the same large text of the file.
    if found.get_storage_size() > LARGEST or (texts and prod(found.shape) != 1):
        raise ValueError(f"attribute {key} has the shape {found.shape}")
    return attributes[key]


def seal(file: h5py.File) -> None:
    """Add the digest of all attributes; call it last when a file is written."""
    file.attrs[DIGEST] = _digest(file)


def is_sealed(file: h5py.File) -> bool:
    """Return whether the file has a digest of its attributes; a wrong one is a ValueError."""
    if DIGEST not in file.attrs:
        return False
    if attribute(file, "/", DIGEST) != _digest(file):
        raise ValueError("the SHA-256 of its attributes is different")
    return True


def _dataset(file: h5py.File, name: str) -> h5py.Dataset:
    """Return a dataset; anything else is a ValueError."""
    data = file[name]
    if not isinstance(data, h5py.Dataset):
        raise ValueError(f"{name} is not a variable")
    return data


def _digest(file: h5py.File) -> str:
    """Return the SHA-256 of the names and values of all attributes but the digest."""
    names = ["/"]
    file.visit(names.append)
    found = sha256()
    for name in sorted(names):
        for key in sorted(set(file[name].attrs) - {DIGEST}):
            value = np.asarray(attribute(file, name, key)).tolist()
            found.update(json.dumps([name, key, value]).encode() + b"\n")
    return found.hexdigest()


def _check_heaps(raw: bytes) -> None:
    """Raise a ValueError if a heap of texts is damaged: HDF5 would never finish reading it.

    A heap has a head of 16 bytes with its size, then objects: a number, two bytes not used
    here, four zeros, the length, and data in multiples of eight bytes. In number 0, the free
    space, the length counts these 16 bytes as well.
    """
    for heap in HEAP.finditer(raw):
        at, end = heap.end(), heap.start() + int.from_bytes(heap[1], "little")
        if end > len(raw):
            raise ValueError("a heap goes beyond the end of the file")
        while end - at >= OBJECT.size:
            number, length = OBJECT.unpack_from(raw, at)
            if number == length == 0:
                raise ValueError("a heap has no end")
            at += length if number == 0 else OBJECT.size + -(-length // 8) * 8
        if at > end:
            raise ValueError("a text goes beyond the end of its heap")


def _check(path: Path, members: Iterable[tuple[h5py.Group, str]]) -> None:
    """Raise an error for data that are in other files, compressed, or not in the file."""
    size, claimed = path.stat().st_size, 0
    for names, (group, name) in enumerate(members):
        if names > MOST_NAMES:  # or groups that contain each other
            what = f"has more than {MOST_NAMES:,} names"
            raise InputError(what, "name the right file", path)
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise InputError(f"{name:.40} is a link", "copy the data into the file", path)
        data = group[name]
        if isinstance(data, h5py.Dataset):
            _check_dataset(data, path)
            claimed += _claimed(data)
        if claimed > size:
            what = f"{name:.40} claims more data than the file contains"
            raise InputError(what, "copy the complete file", path)


def _all_members(file: h5py.File) -> Iterator[tuple[h5py.Group, str]]:
    """Yield every name in the file with its group."""
    groups: list[h5py.Group] = [file]
    while groups:
        group = groups.pop()
        for name in map(str, group):
            yield group, name
            member = group[name]
            if isinstance(member, h5py.Group):
                groups.append(member)


def _check_dataset(data: h5py.Dataset, path: Path) -> None:
    """Raise an error if the data of a dataset are in other files, or compressed."""
    made = data.id.get_create_plist()
    if data.is_virtual or made.get_external_count():
        raise InputError(
            f"{data.name:.40} is stored in another file", "copy the data into the file", path
        )
    if any(made.get_filter(i)[0] not in FILTERS for i in range(made.get_nfilters())):
        remedy = f"use `h5repack -f NONE {path.name} OUT`"
        raise InputError(f"{data.name:.40} is compressed", remedy, path)


def _claimed(data: h5py.Dataset) -> int:
    """Return the memory that reading needs [bytes]; 0 for a dataset without data."""
    if not data.id.get_storage_size():
        return 0
    return max(prod(data.shape), prod(data.chunks or (0,))) * data.dtype.itemsize
