"""Quantities: a number and its unit, "10 hartree", "6.06 angstrom", in atomic units."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from nnpp.config.section import problem
from nnpp.errors import InputError, suggest
from nnpp.units import ENERGY, LENGTH, MASS, SLOPE

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
QUANTITY = re.compile(rf"\s*({NUMBER})\s*(\S*)\s*")


def quantity(value: object, units: Mapping[str, float]) -> float:
    """The number times its unit, in the atomic unit that `units` counts in."""
    first = next(iter(units))
    if isinstance(value, int | float) and not isinstance(value, bool):
        example = f"{value:g}" if math.isfinite(value) and value > 0 else "10"
        raise InputError(f"{value:g} has no unit", f'write "{example} {first}"')
    match = QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise InputError(
            f"{value!r:.60} is no quantity", f'write a number and unit: "10 {first}"'
        )
    number, unit = match.groups()
    if not unit:
        raise InputError(f"{number} has no unit", f'write "{number} {first}"')
    if unit not in units:
        raise InputError(f"unknown unit {unit!r:.30}", suggest(unit, units))
    atomic = float(number) * units[unit]
    if not math.isfinite(atomic):
        raise InputError(f"{number} is not finite", "write a finite number")
    return atomic


def energy(value: object) -> float:
    """An energy [hartree]."""
    return quantity(value, ENERGY)


def length(value: object) -> float:
    """A length [bohr]."""
    return quantity(value, LENGTH)


def mass(value: object) -> float:
    """A mass [electron masses]."""
    return quantity(value, MASS)


def slope(value: object) -> float:
    """How an energy follows a displacement [hartree/bohr]."""
    return quantity(value, SLOPE)


def _field(read: Callable[[object], float], unit: str, known: Mapping[str, float]) -> list[Any]:
    """What pydantic needs to read such a quantity, write it, and describe it to editors."""

    def validate(value: object) -> float:
        try:
            return read(value)
        except InputError as error:
            raise problem(error.what, error.remedy) from error

    pattern = rf"^\s*{NUMBER}\s*({'|'.join(known)})\s*$"
    schema = {"type": "string", "pattern": pattern, "examples": [f"10 {unit}"]}
    write = PlainSerializer(lambda value: f"{value!r} {unit}", return_type=str)
    return [BeforeValidator(validate), write, WithJsonSchema(schema)]


_ENERGY = _field(energy, "hartree", ENERGY)
_LENGTH = _field(length, "bohr", LENGTH)
_MASS = _field(mass, "me", MASS)
_SLOPE = _field(slope, "hartree/bohr", SLOPE)

Energy = Annotated[float, *_ENERGY]
"""An energy written with its unit [hartree]."""

PositiveEnergy = Annotated[float, Field(gt=0), *_ENERGY]
"""An energy above zero [hartree]."""

Length = Annotated[float, *_LENGTH]
"""A length written with its unit [bohr]."""

PositiveLength = Annotated[float, Field(gt=0), *_LENGTH]
"""A length above zero [bohr]."""

PositiveMass = Annotated[float, Field(gt=0), *_MASS]
"""A mass above zero [electron masses]."""

Slope = Annotated[float, Field(ge=0), *_SLOPE]
"""How an energy follows a displacement, without its sign [hartree/bohr]."""
