"""A checkpoint as bytes: the SHA-256 of all that follows, a length, a line of JSON, arrays.

`tail -c +65 FILE | sha256sum` prints the first 64 characters of the file. The arrays are .npy
images one after another, never a pickle: unlike safetensors, .npy holds complex128 as well.
"""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from nnpp.errors import NnppError
from nnpp.files.arrays import NUMBERS, read_array
from nnpp.files.json_text import load_json

DIGITS = 64
"""Hexadecimal digits of a SHA-256."""

HEAD = re.compile(rb"[0-9a-f]{64} nnpp checkpoint 1 ([0-9]{1,18})\n")
"""The first line: hash, format and the bytes after this line."""

LONGEST_HEAD = 128

LARGEST = 256_000_000
"""Largest checkpoint [bytes]; reading takes up to three times as much memory."""


class RefusedError(NnppError):
    """A file is not used as a checkpoint; the message is what follows its name."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a method after a step.

    Attributes:
        step: number of steps done.
        arrays: its numbers by name, of any numerical dtype and shape.
        about: what else is needed to continue (method, random state, loss), as JSON values.
        identity: SHA-256 of the configuration it belongs to.
    """

    step: int
    arrays: Mapping[str, np.ndarray]
    about: Mapping[str, Any]
    identity: str

    def __post_init__(self):
        if self.step < 0:
            raise ValueError(f"steps are counted from 0, not {self.step}")


def packed(checkpoint: Checkpoint) -> bytes:
    """Return the bytes of the file; raise an error that names numbers that are not finite."""
    body = io.BytesIO()
    body.write(_line(checkpoint))
    for name, array in checkpoint.arrays.items():
        _refuse_unsound(checkpoint.step, name, array)
        np.save(body, array, allow_pickle=False)
    content = body.getvalue()
    if len(content) + LONGEST_HEAD > LARGEST:
        raise NnppError(f"step {checkpoint.step} is not saved: more than {LARGEST / 1e6:g} MB")
    hashed = b" nnpp checkpoint 1 %d\n" % len(content) + content
    return sha256(hashed).hexdigest().encode() + hashed


def unpacked(raw: io.BufferedIOBase) -> Checkpoint:
    """Return the checkpoint in an open file; raise a RefusedError if it is not valid."""
    head = raw.readline(LONGEST_HEAD)
    form = HEAD.fullmatch(head)
    if not form:
        raise RefusedError("is no checkpoint of this nnpp" if head else "is empty")
    length, content = int(form[1]), raw.read()
    if len(content) < length:
        raise RefusedError(f"is truncated: {len(content)} of {length} bytes are left")
    found = sha256(head[DIGITS:])
    found.update(content)
    if found.hexdigest().encode() != head[:DIGITS]:
        raise RefusedError("is damaged: its SHA-256 does not match")
    try:
        return _content(io.BytesIO(content))
    except (ValueError, KeyError, TypeError, EOFError, RecursionError) as error:
        # Only a file that someone else made has the right hash and the wrong content.
        raise RefusedError("is no checkpoint of this nnpp") from error


def _line(checkpoint: Checkpoint) -> bytes:
    """Return everything but the arrays, on one line."""
    header = {
        "step": checkpoint.step,
        "identity": checkpoint.identity,
        "about": dict(checkpoint.about),
        "arrays": list(checkpoint.arrays),
    }
    try:
        return json.dumps(header, allow_nan=False).encode() + b"\n"
    except ValueError as error:
        what = "its description holds NaN or infinity"
        raise NnppError(f"step {checkpoint.step} is not saved: {what}") from error


def _refuse_unsound(step: int, name: str, array: np.ndarray) -> None:
    """Raise an error for numbers that are not finite, and for what .npy does not store."""
    if array.dtype.kind not in NUMBERS:
        raise NnppError(f"step {step} is not saved: {name!r} is of {array.dtype}, no number")
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        raise NnppError(f"step {step} is not saved: {name!r} holds NaN or infinity")


def _content(body: io.BytesIO) -> Checkpoint:
    """Return the checkpoint in bytes whose hash is right."""
    header = load_json(body.readline().decode())
    arrays = {name: read_array(body) for name in header["arrays"]}
    return Checkpoint(header["step"], arrays, header["about"], header["identity"])
