"""netCDF files: classic ones by way of scipy, those of version 4, which are HDF5, of h5py."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from scipy.io import netcdf_file

from nnpp.errors import InputError
from nnpp.files.text import read_bytes

LARGEST = 100_000_000
"""Bytes of a variable beyond which its sizes are taken for damage."""

DAMAGE = (
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What scipy and h5py raise on a file that is cut or corrupt."""


@dataclass(frozen=True)
class NetCDF:
    """What was asked of a netCDF file, as far as it is there.

    Attributes:
        path: the file.
        values: variables by name.
        units: their units, "" where they have none.
        sizes: dimensions by name.
    """

    path: Path
    values: dict[str, np.ndarray]
    units: dict[str, str]
    sizes: dict[str, int]

    def array(self, name: str, *shape: int | None) -> np.ndarray:
        """A variable of so many entries in each direction, any number where None."""
        if name not in self.values:
            raise InputError(f"has no {name}", "name the right file", self.path)
        found = self.values[name]
        fits = found.ndim == len(shape) and all(
            wanted in (None, length) for wanted, length in zip(shape, found.shape, strict=True)
        )
        if not fits or found.dtype.kind not in "fiu":
            raise InputError(
                f"{name} has the sizes {found.shape} and the type {found.dtype}",
                "write it anew",
                self.path,
            )
        if not np.isfinite(found).all():
            raise InputError(f"{name} is not finite", "write it anew", self.path)
        return found.astype(float)

    def scalar(self, name: str) -> float | None:
        """A variable of one entry, None if the file has none of that name."""
        if name not in self.values:
            return None
        if self.values[name].size != 1:
            raise InputError(f"{name} is not one number", "write it anew", self.path)
        return float(self.array(name, *self.values[name].shape).reshape(()))

    def whole(self, name: str, *shape: int | None) -> np.ndarray:
        """A variable of whole numbers."""
        found = self.array(name, *shape)
        if (found != np.round(found)).any() or (np.abs(found) > 2**31).any():
            raise InputError(f"{name} is not whole", "write it anew", self.path)
        return found.astype(int)

    def text(self, name: str) -> str | None:
        """A variable of characters as one word, None if the file has none of that name."""
        if name not in self.values or self.values[name].dtype.kind != "S":
            return None
        raw = self.values[name].tobytes().replace(b"\0", b" ").decode("latin-1")
        return "".join(letter for letter in raw if letter.isprintable()).strip() or None


def read_netcdf(path: Path, variables: Iterable[str], dimensions: Iterable[str]) -> NetCDF:
    """Some variables and dimensions of a netCDF file of either kind."""
    raw = read_bytes(path)
    if raw.startswith(b"CDF\5"):
        raise InputError("is a netCDF-5 file", "turn it into netCDF-4: nccopy -k nc4", path)
    if not raw.startswith((b"\x89HDF", b"CDF\1", b"CDF\2")):
        raise InputError("is no netCDF file", "name the right file", path)
    try:
        if raw.startswith(b"CDF"):
            return _classic(path, raw, variables, dimensions)
        return _version_4(path, variables, dimensions)
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(f"is cut or damaged ({reason})", "write it anew", path) from error


def _classic(
    path: Path, raw: bytes, variables: Iterable[str], dimensions: Iterable[str]
) -> NetCDF:
    """What a classic netCDF file holds; scipy reads none beyond its end, whatever it says."""
    with netcdf_file(io.BytesIO(raw), "r", mmap=False) as file:
        found = {name: file.variables[name] for name in variables if name in file.variables}
        return NetCDF(
            path,
            {name: np.array(variable.data) for name, variable in found.items()},
            {name: _word(getattr(variable, "units", "")) for name, variable in found.items()},
            {name: file.dimensions[name] for name in dimensions if name in file.dimensions},
        )


def _version_4(path: Path, variables: Iterable[str], dimensions: Iterable[str]) -> NetCDF:
    """What a netCDF-4 file holds; there a dimension is a dataset of that length."""
    with h5py.File(path, "r") as file:
        found = {name: _dataset(file, name) for name in variables if name in file}
        return NetCDF(
            path,
            {name: np.asarray(dataset[()]) for name, dataset in found.items()},
            {name: _word(dataset.attrs.get("units", "")) for name, dataset in found.items()},
            {name: _dataset(file, name).shape[0] for name in dimensions if name in file},
        )


def _dataset(file: h5py.File, name: str) -> h5py.Dataset:
    """A dataset of a size that may be read."""
    found = file[name]
    if not isinstance(found, h5py.Dataset):
        raise ValueError(f"{name} is no variable")
    if found.nbytes > LARGEST:
        raise ValueError(f"{name} has the sizes {found.shape}")
    return found


def _word(value: object) -> str:
    """An attribute as text."""
    return (value.decode("latin-1") if isinstance(value, bytes) else str(value)).strip("\0 ")
