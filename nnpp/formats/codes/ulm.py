"""The ulm format of GPAW and ASE: binary arrays, and JSON that gives their places.

A header (8 bytes "- of Ulm", 16 of a tag, then version, number of items and the place of a
table of the items' places, 64-bit integers), arrays, and for each item the length of its JSON
and the JSON itself, in which {"name.": {"ndarray": [shape, type, place]}} is an array and
{"name.": {…}} a group. Documented in `ase.io.ulm`.

Our own reader, because ase.io.ulm allocates what a header announces (17 GB for a damaged file
of 16 kB) and builds the ASE objects that the JSON names, before anything can be checked.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nnpp.errors import InputError
from nnpp.files.json_text import load_json
from nnpp.files.text import opened

MAGIC = b"- of Ulm"

HEADER = struct.Struct("<8s16s3q")
NUMBER = struct.Struct("<q")

LONGEST = 16_000_000
"""Largest JSON and largest array that is read [bytes]; wave functions are never read."""

TYPES = ("bool", "int32", "int64", "float32", "float64")

MOST_AXES = 8

AGAIN = "write the file again with GPAW, or copy the complete file"


@dataclass(frozen=True)
class Ulm:
    """The first item of a file.

    Attributes:
        path: the file.
        tag: the program that wrote it.
        tree: the JSON.
        bytes: size of the file.
    """

    path: Path
    tag: str
    tree: Mapping[str, Any]
    bytes: int

    def value(self, *keys: str) -> Any:
        """Return a plain value or an array by its path of names; None if it is missing."""
        parent, last = self._parent(keys), keys[-1]
        if last in parent:
            return parent[last]
        array = parent.get(f"{last}.")
        return None if array is None else self._array(array, ".".join(keys))

    def length(self, *keys: str) -> int:
        """Return the length of an array without reading it."""
        array: Any = self._parent(keys).get(f"{keys[-1]}.", {})
        try:
            return int(array["ndarray"][0][0])
        except (IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise self.error(f"{'.'.join(keys)} is not an array") from error

    def numbers(self, *keys: str) -> np.ndarray:
        """Return an array or nested lists of finite numbers; raise an error if missing."""
        value = self.value(*keys)
        try:
            numbers = np.asarray(value, float)
        except (OverflowError, TypeError, ValueError) as error:
            raise self.error(f"{'.'.join(keys)} is not an array of numbers") from error
        if value is None or not np.isfinite(numbers).all():
            raise self.error(f"{'.'.join(keys)} is missing, or not finite")
        return numbers

    def integers(self, *keys: str) -> np.ndarray:
        """Return an array of integers; raise an error if missing."""
        numbers = self.numbers(*keys)
        if (np.abs(numbers) > 2**31).any() or (numbers % 1 != 0).any():
            raise self.error(f"{'.'.join(keys)} are not integers")
        return numbers.astype(int)

    def error(self, what: str) -> InputError:
        """Return an error about this file."""
        return InputError(what, AGAIN, self.path)

    def _parent(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """Return the group that contains the last name."""
        node: Any = self.tree
        for key in keys[:-1]:
            node = node.get(f"{key}.") if isinstance(node, Mapping) else None
        return node if isinstance(node, Mapping) else {}

    def _array(self, node: Any, name: str) -> np.ndarray:
        """Read the array that JSON describes; sizes and places are checked before."""
        try:
            shape, kind, place = node["ndarray"]
            count = math.prod(shape)
            valid = kind in TYPES and len(shape) <= MOST_AXES and min(place, *shape) >= 0
        except (KeyError, TypeError, ValueError) as error:
            raise self.error(f"{name} is not an array") from error
        if not (valid and isinstance(count, int) and isinstance(place, int)):
            raise self.error(f"{name} is not an array of numbers")
        size = count * np.dtype(kind).itemsize
        if size > LONGEST or place + size > self.bytes:
            raise self.error(f"{name} goes beyond the end of the file, or has too many numbers")
        order = "<" if self.tree.get("_little_endian", True) else ">"
        with opened(self.path) as file:
            file.seek(place)
            raw = file.read(size)
        return np.frombuffer(raw, np.dtype(kind).newbyteorder(order)).reshape(shape)


def read_ulm(path: Path) -> Ulm:
    """Return the first item of a file; arrays are read on request."""
    with opened(path) as file:
        size = path.stat().st_size
        tag, raw = _item(path, file, size)
    try:
        tree = load_json(raw.decode())
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not isinstance(tree, Mapping):
        raise _damaged(path)
    return Ulm(path, tag, tree, size)


def _item(path: Path, file: BinaryIO, size: int) -> tuple[str, bytes]:
    """Return the tag and the JSON of the first item."""
    head = file.read(HEADER.size)
    if len(head) < HEADER.size or not head.startswith(MAGIC):
        raise InputError("is not a file of GPAW", "give a .gpw file", path)
    _, tag, _, items, table = HEADER.unpack(head)
    if items == 0:
        raise InputError("was never finished", "repeat the run", path)
    place = _integer(path, file, size, table)
    length = _integer(path, file, size, place)
    if not 0 < length <= min(LONGEST, size - place - NUMBER.size):
        raise _damaged(path)
    return tag.decode("latin-1").strip(), file.read(length)


def _integer(path: Path, file: BinaryIO, size: int, place: int) -> int:
    """Return the integer at a place of the file."""
    if not 0 <= place <= size - NUMBER.size:
        raise _damaged(path)
    file.seek(place)
    return NUMBER.unpack(file.read(NUMBER.size))[0]


def _damaged(path: Path) -> InputError:
    return InputError("is damaged or truncated", AGAIN, path)
