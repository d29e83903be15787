"""potential.safetensors: named float64 arrays, with their description in the header.

The .safetensors file alone is complete. Its header contains the description as JSON, with the
SHA-256 of the description and of all arrays. potential.json is a copy of the description for
people to read, with the SHA-256 of the complete .safetensors file.

A new pair replaces an old one in three steps: the old .json is removed, the new .safetensors
replaces the old one, the new .json is written. Each step leaves a readable model. A crash
therefore never leaves a .json that disagrees with its .safetensors; such a .json is a sign of
damage, or of files from two models, and is refused. JAX is not needed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from nnpp.errors import InputError
from nnpp.files.atomic import atomic_path, write_atomic
from nnpp.files.json_text import load_json
from nnpp.files.text import exists, read_bytes, read_text

FORMAT, VERSION = "nnpp potential", 1

STEM = "potential"
"""Name of the model in a run, without suffix."""

ARRAYS, COPY = ".safetensors", ".json"

KEY = "nnpp"
"""The entry of the safetensors header that holds the description."""

LONGEST_HEADER = 4_000_000
"""Largest header [bytes]."""

DIGEST, FILE_DIGEST = "sha256", "safetensors_sha256"

DAMAGED = "restore it, or fit again"

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class ModelFile:
    """The content of a stored model.

    Attributes:
        description: the description in the header.
        arrays: arrays by name, all float64 and finite.
        path: the .safetensors file.
    """

    description: dict[str, Any]
    arrays: Arrays
    path: Path


def write_model_file(
    stem: Path, description: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> list[Path]:
    """Write `stem`.safetensors and `stem`.json; return their paths.

    Args:
        stem: path without suffix.
        description: any mapping that JSON can represent.
        arrays: arrays by name; raises an InputError if a number is not finite.
    """
    file, copy = Path(f"{stem}{ARRAYS}"), Path(f"{stem}{COPY}")
    _refuse_infinite(arrays, file)
    exact = {name: np.ascontiguousarray(x, np.float64) for name, x in arrays.items()}
    description = _as_read({"format": FORMAT, "version": VERSION, **description}, file)
    description |= {DIGEST: _digest(_canonical(description), exact)}
    data = save(exact, {KEY: _canonical(description)})
    with atomic_path(file) as temporary:
        temporary.write_bytes(data)
        copy.unlink(missing_ok=True)
    shown = description | {FILE_DIGEST: sha256(data).hexdigest()}
    text = json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False)
    return [file, write_atomic(copy, text + "\n")]


def read_model_file(path: Path) -> ModelFile:
    """Return the model at `path`: a run, one of the files, or their name without suffix."""
    file = arrays_of(Path(path))
    data = read_bytes(file)
    arrays = _loaded(data, file)
    description = _description(data, file)
    if description.get("format") != FORMAT:
        raise InputError("holds no potential of nnpp", "name a run that was fitted", file)
    if description.get("version") != VERSION:
        what = f"is of format version {description.get('version')!s:.20}, {VERSION} is read"
        raise InputError(what, "use the nnpp that wrote it, or a newer one", file)
    plain = {key: value for key, value in description.items() if key != DIGEST}
    if any(x.dtype != np.float64 for x in arrays.values()) or (
        _digest(_canonical(plain), arrays) != description.get(DIGEST)
    ):
        raise InputError("is damaged: its SHA-256 does not match", DAMAGED, file)
    _refuse_infinite(arrays, file)
    _refuse_other_copy(file, description | {FILE_DIGEST: sha256(data).hexdigest()})
    return ModelFile(description, arrays, file)


def arrays_of(path: Path) -> Path:
    """Return the .safetensors file of the model at `path`, which may have no suffix."""
    path = path if exists(path) else Path(f"{path}{ARRAYS}")
    if not exists(path):
        raise InputError(
            "no such file or folder",
            "correct the path",
            path.with_name(path.name.removesuffix(ARRAYS)),
        )
    file = path / f"{STEM}{ARRAYS}" if path.is_dir() else path
    if file.suffix == ".zip":
        raise InputError("is zipped", "unpack it, and name the folder in it", path)
    if file.suffix not in (ARRAYS, COPY):
        raise InputError(
            "is not a fitted potential", f"name a run, or its {STEM}{ARRAYS}", path
        )
    file = file.with_suffix(ARRAYS)
    if path.suffix == COPY and not exists(file):
        raise InputError(
            f"{file.name} is missing in its folder", "name a run that was fitted", path
        )
    if not exists(file):
        raise InputError("no such file", "name a run that was fitted", file)
    return file


def copy_of(file: Path) -> Path:
    """Return the .json that belongs to a .safetensors file."""
    return file.with_suffix(COPY)


def _loaded(data: bytes, file: Path) -> Arrays:
    """Return the arrays in the content of a .safetensors file."""
    try:
        if int.from_bytes(data[:8], "little") > LONGEST_HEADER:
            raise ValueError(f"a header of more than {LONGEST_HEADER / 1e6:g} MB")
        return load(data)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        reason = " ".join(str(error).removeprefix("Error while deserializing: ").split())[:80]
        what = f"is not a safetensors file, or is damaged ({reason})"
        raise InputError(what, DAMAGED, file) from error


def _description(data: bytes, file: Path) -> dict[str, Any]:
    """Return the description in the header of a valid .safetensors file."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    text = header.get("__metadata__", {}).get(KEY)
    if text is None:
        raise InputError(
            "is a safetensors file, but not of nnpp", "name a run that was fitted", file
        )
    return _parsed(text, file, DAMAGED)


def _parsed(text: str, path: Path, remedy: str) -> dict[str, Any]:
    """Return a JSON mapping without infinite numbers."""
    try:
        description = load_json(text, constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError("holds damaged JSON", remedy, path) from error
    if not isinstance(description, dict):
        raise InputError("holds no description of a potential", remedy, path)
    return description


def _no_number(word: str) -> float:
    """Raise a ValueError for NaN and infinities, which Python reads but JSON does not allow."""
    raise ValueError(word)


def _refuse_other_copy(file: Path, expected: dict[str, Any]) -> None:
    """Raise an error if the .json exists and differs from what its .safetensors requires."""
    copy = copy_of(file)
    if not exists(copy):
        return
    remedy = f"remove it: {file.name} alone is complete"
    if _parsed(read_text(copy), copy, remedy) != expected:
        raise InputError(
            f"does not belong to {file.name}: changed, or of another model", remedy, copy
        )


def _refuse_infinite(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Raise an error that names an array with a NaN or an infinite number."""
    for name, x in arrays.items():
        if not np.isfinite(x).all():
            raise InputError(
                f"array {name} holds a number that is not finite",
                "fit again with a smaller step, or from another start",
                path,
            )


def _as_read(description: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the description as it is read from JSON: keys are text, tuples are lists."""
    try:
        return json.loads(json.dumps(description, allow_nan=False))
    except ValueError as error:
        raise InputError(
            "its description holds a number that is not finite", "remove it", path
        ) from error


def _canonical(description: Mapping[str, Any]) -> str:
    """Return the description as JSON with sorted keys and without blanks."""
    return json.dumps(description, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _digest(description: str, arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of a description and of all arrays, in the order of their names."""
    found = sha256(description.encode())
    for name in sorted(arrays):
        found.update(f"\0{name}{arrays[name].shape}".encode())
        found.update(arrays[name].astype("<f8").tobytes())
    return found.hexdigest()
