"""The ulm format of GPAW and ASE: numbers in binary, and JSON that says where each stands.

A header (8 bytes "- of Ulm", 16 of a tag, then version, number of items and the place of a
table of the items' places, 64-bit integers), arrays, and for each item the length of its JSON
and the JSON itself, in which {"name.": {"ndarray": [shape, type, place]}} stands for an array
and {"name.": {…}} for what is written as one. Published in the documentation of `ase.io.ulm`.
"""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nnpp.errors import InputError
from nnpp.files.text import reading

MAGIC = b"- of Ulm"

HEADER = struct.Struct("<8s16s3q")
NUMBER = struct.Struct("<q")

LONGEST = 16_000_000
"""Bytes of JSON, or of one array that is read; wave functions are larger and are not."""

TYPES = ("bool", "int32", "int64", "float32", "float64")

MOST_AXES = 8


@dataclass(frozen=True)
class Ulm:
    """The first item of a file.

    Attributes:
        path: the file.
        tag: which program's it is.
        tree: the JSON.
        bytes: how many the file has.
    """

    path: Path
    tag: str
    tree: Mapping[str, Any]
    bytes: int

    def value(self, *keys: str) -> Any:
        """A plain value or an array, by the names that lead to it; None where there is none."""
        parent, last = self._parent(keys), keys[-1]
        if last in parent:
            return parent[last]
        array = parent.get(f"{last}.")
        return None if array is None else self._array(array, ".".join(keys))

    def length(self, *keys: str) -> int:
        """How long an array is, which is not read."""
        array: Any = self._parent(keys).get(f"{keys[-1]}.", {})
        try:
            return int(array["ndarray"][0][0])
        except (IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise self.error(f"{'.'.join(keys)} is no array") from error

    def numbers(self, *keys: str) -> np.ndarray:
        """An array, or nested lists, of finite numbers, which there must be."""
        value = self.value(*keys)
        try:
            numbers = np.asarray(value, float)
        except (OverflowError, TypeError, ValueError) as error:
            raise self.error(f"{'.'.join(keys)} is no array of numbers") from error
        if value is None or not np.isfinite(numbers).all():
            raise self.error(f"{'.'.join(keys)} is missing, or not finite")
        return numbers

    def whole(self, *keys: str) -> np.ndarray:
        """An array of whole numbers, which there must be."""
        numbers = self.numbers(*keys)
        if (np.abs(numbers) > 2**31).any() or (numbers % 1 != 0).any():
            raise self.error(f"{'.'.join(keys)} are not whole numbers")
        return numbers.astype(int)

    def error(self, what: str) -> InputError:
        """An error of this file, for which a run must be repeated."""
        return InputError(what, "write the file again with GPAW, or copy it whole", self.path)

    def _parent(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """What the last of the names stands in."""
        node: Any = self.tree
        for key in keys[:-1]:
            node = node.get(f"{key}.") if isinstance(node, Mapping) else None
        return node if isinstance(node, Mapping) else {}

    def _array(self, node: Any, name: str) -> np.ndarray:
        """The array that JSON describes."""
        try:
            shape, kind, place = node["ndarray"]
            count = math.prod(shape)
            sound = kind in TYPES and len(shape) <= MOST_AXES and min(place, *shape) >= 0
        except (KeyError, TypeError, ValueError) as error:
            raise self.error(f"{name} is no array") from error
        if not (sound and isinstance(count, int) and isinstance(place, int)):
            raise self.error(f"{name} is no array of numbers")
        size = count * np.dtype(kind).itemsize
        if size > LONGEST or place + size > self.bytes:
            raise self.error(f"{name} goes beyond the end of the file, or has too many numbers")
        order = "<" if self.tree.get("_little_endian", True) else ">"
        with self.path.open("rb") as file:
            file.seek(place)
            raw = file.read(size)
        return np.frombuffer(raw, np.dtype(kind).newbyteorder(order)).reshape(shape)


def read_ulm(path: Path) -> Ulm:
    """The first item of a file; its arrays are read when they are asked for."""
    with reading(path), path.open("rb") as file:
        size = path.stat().st_size
        tag, raw = _item(path, file, size)
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not isinstance(tree, Mapping):
        raise _damaged(path)
    return Ulm(path, tag, tree, size)


def _item(path: Path, file: BinaryIO, size: int) -> tuple[str, bytes]:
    """The tag, and the JSON of the first item."""
    head = file.read(HEADER.size)
    if len(head) < HEADER.size or not head.startswith(MAGIC):
        raise InputError("is no file of GPAW", "name a .gpw file", path)
    _, tag, _, items, table = HEADER.unpack(head)
    if items == 0:
        raise InputError("was begun, but never finished", "repeat the run", path)
    place = _whole(path, file, size, table)
    length = _whole(path, file, size, place)
    if not 0 < length <= min(LONGEST, size - place - NUMBER.size):
        raise _damaged(path)
    return tag.decode("latin-1").strip(), file.read(length)


def _whole(path: Path, file: BinaryIO, size: int, place: int) -> int:
    """The whole number at some place of the file."""
    if not 0 <= place <= size - NUMBER.size:
        raise _damaged(path)
    file.seek(place)
    return NUMBER.unpack(file.read(NUMBER.size))[0]


def _damaged(path: Path) -> InputError:
    return InputError(
        "is damaged, or was cut off", "write it again with GPAW, or copy it whole", path
    )
