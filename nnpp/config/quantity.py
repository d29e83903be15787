"""Quantities, a number and its unit such as "10 hartree", converted to atomic units."""

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
    return quantity(value, ENERGY, "hartree")


def length(value: object) -> float:
    """Return a length [bohr]."""
    return quantity(value, LENGTH)


def mass(value: object) -> float:
    """Return a mass [electron masses]."""
    return quantity(value, MASS)


def slope(value: object) -> float:
    """Return the derivative of an energy by a displacement [hartree/bohr]."""
    return quantity(value, SLOPE)


def _field(read: Callable[[object], float], unit: str, known: Mapping[str, float]) -> list[Any]:
    """Return what pydantic needs to read and write such a quantity, and its JSON Schema."""

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

Cutoff = Annotated[float, Field(gt=0), *_field(cutoff_energy, "hartree", ENERGY)]
"""A kinetic energy cutoff [hartree]."""

Length = Annotated[float, *_LENGTH]
"""A length written with its unit [bohr]."""

PositiveLength = Annotated[float, Field(gt=0), *_LENGTH]
"""A length above zero [bohr]."""

PositiveMass = Annotated[float, Field(gt=0), *_MASS]
"""A mass above zero [electron masses]."""

Slope = Annotated[float, Field(ge=0), *_SLOPE]
"""The magnitude of the derivative of an energy by a displacement [hartree/bohr]."""
