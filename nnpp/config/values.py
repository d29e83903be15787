"""Sections of fit.yaml, which refuse unknown keys, and the types of values in them.

A quantity is a number and its unit, such as "10 hartree"; it is converted to atomic units.
"""

import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from nnpp.errors import InputError, suggest
from nnpp.units import ENERGY, LENGTH, MASS, SLOPE

Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number; text and booleans are refused."""

Positive = Annotated[Real, Field(gt=0)]
NotNegative = Annotated[Real, Field(ge=0)]
Share = Annotated[Real, Field(ge=0, lt=1)]

Whole = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
"""An integer from 0."""

Count = Annotated[int, Field(strict=True, ge=1, le=100_000)]
"""An integer from 1."""

Vector = tuple[Real, Real, Real]


def problem(what: str, remedy: str, *keys: str | int) -> PydanticCustomError:
    """Return an error for a validator; `keys` lead from its section to the wrong entry."""
    context = {"what": what, "remedy": remedy, "keys": keys}
    return PydanticCustomError("input", "{what}", context)


def either(kind: Callable[[Any], str | None], what: str, remedy: str) -> Discriminator:
    """Return a choice among tagged forms; `kind` returns the tag of a value."""
    return Discriminator(
        kind,
        custom_error_type="input",
        custom_error_message=what,
        custom_error_context={"remedy": remedy},
    )


class Section(BaseModel):
    """A mapping in fit.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def keys(cls) -> list[str]:
        """Return its keys as they are written in the file."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @model_validator(mode="before")
    @classmethod
    def _known(cls, data: Any) -> Any:
        """Raise an error at an unknown key that names the nearest known one."""
        known = cls.keys()
        for key in data if isinstance(data, dict) else ():
            if key not in known:
                raise problem(f"unknown key {key!r:.60}", suggest(str(key), known), key)
        return data


def same_length(
    a: Sequence[Any] | None, b: Sequence[Any] | None, names: str, *keys: str
) -> None:
    """Raise an error if two lists are given and differ in length."""
    if a is not None and b is not None and len(a) != len(b):
        raise problem(
            f"{names}: {len(a)} and {len(b)} entries", "give both the same length", *keys
        )


# `info` is pydantic's ValidationInfo or SerializationInfo, which beartype cannot check.


def _absolute(value: object, info: Any) -> object:
    """Return a file name, resolved from the folder of the file that contains it."""
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise problem(f"{value!r:.60} is not a file name", "write the name of a file")
    folder = (info.context or {}).get("folder")
    try:
        return Path(value) if folder is None else (Path(folder) / value).resolve()
    except (OSError, RuntimeError) as error:  # a loop of links
        raise problem(f"{value!s:.60} cannot be resolved", "correct the name") from error


def _relative(path: Path, info: Any) -> str:
    """Return the file name relative to the folder of the file that is written."""
    folder = (info.context or {}).get("folder")
    return str(path) if folder is None else os.path.relpath(path, Path(folder).resolve())


FileName = Annotated[
    Path,
    BeforeValidator(_absolute),
    PlainSerializer(_relative, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""A file name, relative to the file that contains it."""

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
QUANTITY = re.compile(rf"\s*({NUMBER})\s*(\S*)\s*")

MAX_HARTREE = 50.0
"""An energy without unit above this is probably in eV."""


def quantity(value: object, units: Mapping[str, float], usual: str = "") -> float:
    """Return a number with its unit, converted to atomic units.

    Args:
        value: the number and unit, e.g. "10 hartree".
        units: atomic units per unit; the first one is the atomic unit.
        usual: the unit that errors suggest; by default the atomic one.
    """
    usual = usual or next(iter(units))
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise InputError(f"{value:g} has no unit", _with_unit(float(value), usual))
    match = QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise InputError(
            f"{value!r:.60} is not a quantity", f'write a number and a unit, e.g. "10 {usual}"'
        )
    number, unit = match.groups()
    if not unit:
        raise InputError(f"{number} has no unit", _with_unit(float(number), usual))
    if unit not in units:
        raise InputError(f"unknown unit {unit!r:.30}", suggest(unit, units))
    atomic = float(number) * units[unit]
    if not math.isfinite(atomic):
        raise InputError(f"{number} is not finite", "write a finite number")
    return atomic


def _with_unit(value: float, unit: str) -> str:
    """Return what to write instead of a number without unit."""
    number = f"{value:g}" if math.isfinite(value) and value > 0 else "10"
    if unit == "hartree" and MAX_HARTREE < value < math.inf:
        return f'did you mean "{number} eV" ({value * ENERGY["eV"]:.3g} hartree)?'
    return f'write "{number} {unit}"'


def energy(value: object) -> float:
    """Return an energy [hartree]."""
    return quantity(value, ENERGY, "eV")


def cutoff_energy(value: object) -> float:
    """Return a kinetic energy cutoff [hartree]."""
    return quantity(value, ENERGY)


def length(value: object) -> float:
    """Return a length [bohr]."""
    return quantity(value, LENGTH)


def _quantity_type(units: Mapping[str, float], usual: str = "") -> list[Any]:
    """Return what pydantic needs to read and write such a quantity, and its JSON Schema."""
    unit = next(iter(units))

    def validate(value: object) -> float:
        try:
            return quantity(value, units, usual)
        except InputError as error:
            raise problem(error.what, error.remedy) from error

    pattern = rf"^\s*{NUMBER}\s*({'|'.join(units)})\s*$"
    schema = {"type": "string", "pattern": pattern, "examples": [f"10 {unit}"]}
    write = PlainSerializer(lambda value: f"{value!r} {unit}", return_type=str)
    return [BeforeValidator(validate), write, WithJsonSchema(schema)]


Energy = Annotated[float, *_quantity_type(ENERGY, "eV")]
"""An energy written with its unit [hartree]."""

Cutoff = Annotated[float, Field(gt=0), *_quantity_type(ENERGY)]
"""A kinetic energy cutoff [hartree]."""

PositiveLength = Annotated[float, Field(gt=0), *_quantity_type(LENGTH)]
"""A length above zero [bohr]."""

PositiveMass = Annotated[float, Field(gt=0), *_quantity_type(MASS)]
"""A mass above zero [electron masses]."""

Slope = Annotated[float, Field(ge=0), *_quantity_type(SLOPE)]
"""The magnitude of the derivative of an energy by a displacement [hartree/bohr]."""

MAX_COMPONENT = 2.0
"""Larger |k_i| are probably not in units of reciprocal lattice vectors."""


def _in_cell(k: Vector) -> Vector:
    """Return the k-point; raise an error if its coordinates seem to be in another unit."""
    if any(abs(component) > MAX_COMPONENT for component in k):
        raise problem(
            f"k-point {list(k)} lies far outside the cell",
            "write fractional coordinates of the reciprocal lattice",
        )
    return k


NearPoint = Annotated[Vector, AfterValidator(_in_cell)]
"""A k-point in fractional coordinates."""
