"""netCDF files: classic ones are read by scipy, version 4 (which is HDF5) by h5py."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from scipy.io import netcdf_file

from nnpp.errors import InputError
from nnpp.files.text import read_bytes, read_head
from nnpp.formats.hdf5 import DAMAGE, attribute, opened_hdf5, shape, values

AGAIN = "repeat the run, or copy it again"


@dataclass(frozen=True)
class NetCDF:
    """The requested content of a netCDF file, as far as it exists.

    Attributes:
        path: the file.
        values: variables by name.
        units: units of the variables, "" if they have none.
        sizes: dimensions by name.
    """

    path: Path
    values: dict[str, np.ndarray]
    units: dict[str, str]
    sizes: dict[str, int]

    def array(self, name: str, *shape: int | None) -> np.ndarray:
        """Return a variable of the given shape; None matches any length."""
        if name not in self.values:
            raise InputError(f"has no {name}", "give the right file", self.path)
        found = self.values[name]
        fits = found.ndim == len(shape) and all(
            wanted in (None, length) for wanted, length in zip(shape, found.shape, strict=True)
        )
        if not fits or found.dtype.kind not in "fiu":
            raise InputError(
                f"{name} has the shape {found.shape} and the type {found.dtype}",
                "repeat the run",
                self.path,
            )
        if not np.isfinite(found).all():
            raise InputError(f"{name} is not finite", "repeat the run", self.path)
        return found.astype(float)

    def scalar(self, name: str) -> float | None:
        """Return a variable with one entry, or None if the file does not have it."""
        if name not in self.values:
            return None
        if self.values[name].size != 1:
            raise InputError(f"{name} is not one number", "repeat the run", self.path)
        return float(self.array(name, *self.values[name].shape).reshape(()))

    def integers(self, name: str, *shape: int | None) -> np.ndarray:
        """Return a variable of integers."""
        found = self.array(name, *shape)
        if (found != np.round(found)).any() or (np.abs(found) > 2**31).any():
            raise InputError(f"{name} are not integers", "repeat the run", self.path)
        return found.astype(int)

    def text(self, name: str) -> str | None:
        """Return a variable of characters as text, or None if the file does not have it."""
        if name not in self.values or self.values[name].dtype.kind != "S":
            return None
        raw = self.values[name].tobytes().replace(b"\0", b" ").decode("latin-1")
        return "".join(letter for letter in raw if letter.isprintable()).strip() or None


def read_netcdf(path: Path, variables: Iterable[str], dimensions: Iterable[str]) -> NetCDF:
    """Return the named variables and dimensions of a netCDF file of either version."""
    head = read_head(path, 4)
    if head == "CDF\5":
        raise InputError("is a netCDF-5 file", "convert it to netCDF-4: nccopy -k nc4", path)
    if head == "\x89HDF":
        return _version_4(path, variables, dimensions)
    if head not in ("CDF\1", "CDF\2"):
        raise InputError("is not a netCDF file", "give the right file", path)
    try:
        return _classic(path, read_bytes(path), variables, dimensions)
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(f"is truncated or damaged ({reason})", AGAIN, path) from error


def _classic(
    path: Path, raw: bytes, variables: Iterable[str], dimensions: Iterable[str]
) -> NetCDF:
    """Read a classic file; scipy reads nothing beyond its end, whatever its header claims."""
    with netcdf_file(io.BytesIO(raw), "r", mmap=False) as file:
        found = {name: file.variables[name] for name in variables if name in file.variables}
        return NetCDF(
            path,
            {name: np.array(variable.data) for name, variable in found.items()},
            {name: _text(getattr(variable, "units", "")) for name, variable in found.items()},
            {name: file.dimensions[name] for name in dimensions if name in file.dimensions},
        )


def _version_4(path: Path, variables: Iterable[str], dimensions: Iterable[str]) -> NetCDF:
    """Read a netCDF-4 file, in which a dimension is a dataset of that length."""
    variables, dimensions = tuple(variables), tuple(dimensions)
    asked = (*variables, *dimensions)
    with opened_hdf5(path, "is truncated or damaged", AGAIN, asked) as file:
        found = [name for name in variables if name in file]
        return NetCDF(
            path,
            {name: values(file, name) for name in found},
            {name: _unit(file, name) for name in found},
            {name: shape(file, name)[0] for name in dimensions if name in file},
        )


def _unit(file: h5py.File, name: str) -> str:
    """Return the unit of a variable."""
    return _text(attribute(file, name, "units") if "units" in file[name].attrs else "")


def _text(value: object) -> str:
    return (value.decode("latin-1") if isinstance(value, bytes) else str(value)).strip("\0 ")
