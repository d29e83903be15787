"""potential.safetensors: named float64 arrays, and in its header all that is said of them.

The .safetensors file alone is complete: its header holds the description as JSON, and in that
the SHA-256 of the description and of every array. potential.json next to it is the same
description for people to read, with the SHA-256 of the whole .safetensors file. A new pair
replaces an old one in three steps, each of which leaves a readable model: the old .json goes,
the new .safetensors takes the old one's place, the new .json is written. So a .json that
disagrees with its .safetensors is never the trace of a crash but that of damage or of a mix of
two models, and is refused. Nothing here needs JAX.
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
from nnpp.files.text import exists, read_bytes, read_text

FORMAT, VERSION = "nnpp potential", 1

STEM = "potential"
"""What a run calls its model."""

ARRAYS, COPY = ".safetensors", ".json"

KEY = "nnpp"
"""The entry of the safetensors header that holds the description."""

DIGEST, FILE_DIGEST = "sha256", "safetensors_sha256"

DAMAGED = "restore it, or fit again"

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class ModelFile:
    """What a model's file holds.

    Attributes:
        description: what the JSON says.
        arrays: its numbers, by name, all float64 and finite.
        path: the .safetensors file.
    """

    description: dict[str, Any]
    arrays: Arrays
    path: Path


def write_model_file(
    stem: Path, description: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> list[Path]:
    """Write `stem`.safetensors and `stem`.json; a number that is not finite is refused."""
    file, copy = Path(f"{stem}{ARRAYS}"), Path(f"{stem}{COPY}")
    _refuse_infinite(arrays, file)
    exact = {name: np.ascontiguousarray(x, np.float64) for name, x in arrays.items()}
    said = _as_read({"format": FORMAT, "version": VERSION, **description}, file)
    said |= {DIGEST: _digest(_canonical(said), exact)}
    data = save(exact, {KEY: _canonical(said)})
    with atomic_path(file) as temporary:
        temporary.write_bytes(data)
        copy.unlink(missing_ok=True)
    described = said | {FILE_DIGEST: sha256(data).hexdigest()}
    text = json.dumps(described, indent=2, ensure_ascii=False, allow_nan=False)
    return [file, write_atomic(copy, text + "\n")]


def read_model_file(path: Path) -> ModelFile:
    """The model at `path`: a run, either of the files, or their name without suffix."""
    file = arrays_of(Path(path))
    data = read_bytes(file)
    arrays = _loaded(data, file)
    said = _description(data, file)
    if said.get("format") != FORMAT:
        raise InputError("holds no potential of nnpp", "name a run that was fitted", file)
    if said.get("version") != VERSION:
        problem = f"is of format version {said.get('version')!s:.20}, {VERSION} is read"
        raise InputError(problem, "use the nnpp that wrote it, or a newer one", file)
    plain = {key: value for key, value in said.items() if key != DIGEST}
    if any(x.dtype != np.float64 for x in arrays.values()) or (
        _digest(_canonical(plain), arrays) != said.get(DIGEST)
    ):
        raise InputError("is damaged: its SHA-256 is another", DAMAGED, file)
    _refuse_infinite(arrays, file)
    _refuse_other_copy(file, said, sha256(data).hexdigest())
    return ModelFile(said, arrays, file)


def arrays_of(path: Path) -> Path:
    """The .safetensors file of the model at `path`, which may lack its suffix."""
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
        raise InputError("is no fitted potential", f"name a run, or its {STEM}{ARRAYS}", path)
    file = file.with_suffix(ARRAYS)
    if path.suffix == COPY and not exists(file):
        raise InputError(
            f"{file.name} is missing in its folder", "name a run that was fitted", path
        )
    if not exists(file):
        raise InputError("no such file", "name a run that was fitted", file)
    return file


def copy_of(file: Path) -> Path:
    """Return the .json next to a .safetensors file."""
    return file.with_suffix(COPY)


def _loaded(data: bytes, file: Path) -> Arrays:
    """The arrays of a safetensors image."""
    try:
        return load(data)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        reason = " ".join(str(error).removeprefix("Error while deserializing: ").split())[:80]
        problem = f"is no safetensors file, or damaged ({reason})"
        raise InputError(problem, DAMAGED, file) from error


def _description(data: bytes, file: Path) -> dict[str, Any]:
    """What the header says; `data` is known to be a safetensors image."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    text = header.get("__metadata__", {}).get(KEY)
    if text is None:
        raise InputError(
            "is a safetensors file, but of something else", "name a run that was fitted", file
        )
    return _parsed(text, file, DAMAGED)


def _parsed(text: str, path: Path, remedy: str) -> dict[str, Any]:
    """A JSON mapping without infinities."""
    try:
        said = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError("holds JSON that is damaged", remedy, path) from error
    if not isinstance(said, dict):
        raise InputError("holds no description of a potential", remedy, path)
    return said


def _no_number(word: str) -> float:
    """Refuse NaN and infinities, which Python accepts but JSON does not allow."""
    raise ValueError(word)


def _refuse_other_copy(file: Path, said: dict[str, Any], digest: str) -> None:
    """A .json that does not belong to its .safetensors; none at all is no fault."""
    copy = copy_of(file)
    if not exists(copy):
        return
    remedy = f"remove it: {file.name} alone is complete"
    in_copy = _parsed(read_text(copy), copy, remedy)
    if in_copy != said | {FILE_DIGEST: digest}:
        raise InputError(
            f"does not belong to {file.name}: changed, or of another model", remedy, copy
        )


def _refuse_infinite(arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Numbers that are NaN or infinite, by the name of their array."""
    for name, x in arrays.items():
        if not np.isfinite(x).all():
            raise InputError(
                f"array {name} holds a number that is not finite",
                "fit again with a smaller step, or from another start",
                path,
            )


def _as_read(said: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What JSON makes of it: keys are text, tuples are lists."""
    try:
        return json.loads(json.dumps(said, allow_nan=False))
    except ValueError as error:
        raise InputError(
            "its description holds a number that is not finite", "leave it out", path
        ) from error


def _canonical(said: Mapping[str, Any]) -> str:
    """JSON in its one spelling."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _digest(description: str, arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of a description and of the bytes of every array, in the order of their names."""
    found = sha256(description.encode())
    for name in sorted(arrays):
        found.update(f"\0{name}{arrays[name].shape}".encode())
        found.update(arrays[name].astype("<f8").tobytes())
    return found.hexdigest()
