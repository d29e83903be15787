"""K-points written as text: a path, "L Γ X U|K Γ", as a fit.yaml spells it, or one alone."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from nnpp.config.kpoints import ListedPoints, PathPoints
from nnpp.errors import InputError

EXAMPLE = "write e.g. 'L Γ X U|K Γ', and 60 points"

ONE = "write its name, as X, or three fractional coordinates, as '0.5 0 0.5'"

T = TypeVar("T")


def read_path_text(text: str, points: int = 60) -> PathPoints:
    """The path that `text` names, or the recommended one for "auto"."""
    return _read(lambda: PathPoints(path=text, points=points), EXAMPLE)


def read_point_text(text: str) -> str | tuple[float, float, float]:
    """The name of the k-point, or its fractional coordinates."""
    words = text.replace(",", " ").split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        named = _read(lambda: PathPoints(path=f"Γ {text}"), ONE).pieces or ()
        if len(named) != 1 or len(named[0]) != 2:
            raise InputError(f"{text!r:.60} is no single k-point", ONE) from None
        return named[0][1]
    if len(numbers) != 3:
        raise InputError(f"{text!r:.60} is no k-point", ONE)
    return _read(lambda: ListedPoints.model_validate({"list": [numbers]}), ONE).fractional[0]


def _read(make: Callable[[], T], remedy: str) -> T:
    """What `make` gives; what it refuses, as one error."""
    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        what = first["msg"] if name in first["msg"] else f"{name}: {first['msg']}"
        raise InputError(what, first.get("ctx", {}).get("remedy", remedy)) from error
