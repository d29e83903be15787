"""Arrays in .npy and .npz files, read only if the file contains the bytes that they claim."""

import io
import math
import os
import zipfile
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from nnpp.errors import InputError
from nnpp.files.text import read_bytes

NUMBERS = "biufc"
"""Kinds of dtype that .npy keeps as they are: bool, int, uint, float, complex."""

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
"""Readers of the header by version of .npy; later versions are for names of fields."""

END = ".npy"


def read_array(image: io.BytesIO) -> np.ndarray:
    """Return the next array of an image; numpy alone allocates whatever a header claims.

    Raises:
        ValueError: if there is no array of numbers, or less bytes than it claims.
    """
    start = image.seek(0, os.SEEK_CUR)
    version = npy.read_magic(image)
    if version not in HEADERS:
        raise ValueError(f"is of version {version} of .npy")
    shape, _, dtype = HEADERS[version](image)
    data = image.seek(0, os.SEEK_CUR)
    left = image.seek(0, os.SEEK_END) - data
    if dtype.kind not in NUMBERS or min(shape, default=0) < 0:
        raise ValueError(f"an array has the type {dtype!s:.40} and the shape {shape}"[:120])
    if math.prod(shape) * dtype.itemsize > left:
        raise ValueError(f"an array claims {shape} numbers, {left} bytes are left"[:120])
    image.seek(start)
    return np.load(image, allow_pickle=False)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an uncompressed .npz file by name."""
    raw = read_bytes(path)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ValueError("it is compressed")
            if sum(member.file_size for member in members) > len(raw):
                raise ValueError("its arrays are larger than the file")
            return {
                member.filename.removesuffix(END): read_array(io.BytesIO(archive.read(member)))
                for member in members
            }
    except (ValueError, zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise InputError(
            f"is no file of arrays, or damaged ({error})", "remove it", path
        ) from error
