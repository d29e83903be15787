"""k-points: those of the reference, along a path, on a mesh, or listed; and paths as text."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, Tag, ValidationError, model_validator

from nnpp.config.values import (
    Count,
    NearPoint,
    NotNegative,
    Section,
    either,
    problem,
    same_length,
)
from nnpp.errors import InputError

LABEL = re.compile(r"[A-ZΓΔΘΛΞΠΣΦΨΩ][A-Za-z]*[0-9]*(?:_?[0-9]+)?['′]?")
BETWEEN = re.compile(r"[\s,–→-]+")
GAMMA = ("G", "GAMMA", "Gamma", "gamma", "\\Gamma", "Γ")

LETTER = re.compile(r"[A-ZΓΔΘΛΞΠΣΦΨΩ](?:_?[0-9]+)?['′]?")
GREEK = re.compile(r"(?:DELTA|LAMBDA|SIGMA)(?:_?[0-9]+)?")
"""Names of several capitals that are one special point; others, such as GXWKL, are split."""

PATH_REMEDY = "write e.g. 'L Γ X U|K Γ', and 60 points"
POINT_REMEDY = "write its name, as X, or three fractional coordinates, as '0.5 0 0.5'"

T = TypeVar("T")


def _split(word: str) -> list[str]:
    """Return the names in a word: GXWKL is five special points, as in ASE."""
    letters = LETTER.findall(word)
    together = len(letters) > 1 and "".join(letters) == word
    return letters if together and word not in GAMMA and not GREEK.fullmatch(word) else [word]


def _label(word: str) -> str:
    """Return the name of a special point; every spelling of Γ becomes Γ."""
    if word in GAMMA:
        return "Γ"
    if not LABEL.fullmatch(word):
        raise problem(f"path: {word!r:.30} is not a special point", 'write e.g. "L Γ X U|K Γ"')
    return word


def _path(text: str) -> str:
    """Return the path in its standard form: blanks between names, | between pieces."""
    if text.strip().lower() == "auto":
        return "auto"
    pieces = [
        [_label(name) for word in BETWEEN.split(piece) if word for name in _split(word)]
        for piece in text.split("|")
    ]
    if any(len(piece) < 2 for piece in pieces):
        raise problem(
            f"path: {text!r:.60} has a piece with fewer than two k-points",
            'write e.g. "L Γ X U|K Γ"',
        )
    return "|".join(" ".join(piece) for piece in pieces)


class PathPoints(Section):
    """Points along straight lines between named k-points."""

    path: Annotated[str, AfterValidator(_path)] = Field(
        description='Special points, pieces separated by |, e.g. "L Γ X U|K Γ"; or auto.'
    )
    points: Annotated[Count, Field(ge=2)] | None = Field(
        default=None,
        description="Number of k-points along the complete path; by default 60, or 15 for each "
        "leg of a path of more than six.",
    )

    @property
    def pieces(self) -> tuple[tuple[str, ...], ...] | None:
        """Special points of each piece; None for the recommended path."""
        if self.path == "auto":
            return None
        return tuple(tuple(piece.split()) for piece in self.path.split("|"))


class MeshPoints(Section):
    """A Γ-centred mesh over the Brillouin zone."""

    mesh: tuple[Count, Count, Count] = Field(description="Divisions along the three b_i.")


class ListedPoints(Section):
    """A list of k-points."""

    fractional: tuple[NearPoint, ...] = Field(
        alias="list", min_length=1, description="K-points in units of the b_i."
    )
    weights: tuple[NotNegative, ...] | None = Field(
        default=None,
        description="Weight of each k-point in a sum over the zone; equal by default.",
    )

    @model_validator(mode="after")
    def _matched(self) -> "ListedPoints":
        """Check that there is one weight for each k-point, and not all are zero."""
        same_length(self.fractional, self.weights, "k-points and weights", "weights")
        if self.weights is not None and not any(self.weights):
            raise problem("weights: all are zero", "set at least one above 0", "weights")
        return self


KINDS = {"path": "path", "points": "path", "mesh": "mesh", "list": "list", "weights": "list"}


def _kind(value: Any) -> str | None:
    """Return which of the forms is meant, even if a key is misspelt."""
    if isinstance(value, str):
        return "reference"
    if isinstance(value, PathPoints | MeshPoints | ListedPoints):
        value = value.model_dump(by_alias=True)
    if not isinstance(value, dict):
        return None
    near = (get_close_matches(str(key).lower(), KINDS, n=1, cutoff=0.5) for key in value)
    return next((KINDS[match[0]] for match in near if match), "path")


KPointsSpec = Annotated[
    Annotated[Literal["reference"], Tag("reference")]
    | Annotated[PathPoints, Tag("path")]
    | Annotated[MeshPoints, Tag("mesh")]
    | Annotated[ListedPoints, Tag("list")],
    either(
        _kind,
        "unknown form of k-points",
        "write reference, {path: …}, {mesh: …} or {list: …}",
    ),
]


def read_path_text(text: str, points: int | None = None) -> PathPoints:
    """Return the path written as text, e.g. "L Γ X U|K Γ" or "auto" for the recommended one."""
    return _read(lambda: PathPoints(path=text, points=points), PATH_REMEDY)


def read_point_text(text: str) -> str | tuple[float, float, float]:
    """Return the name of the k-point, or its fractional coordinates."""
    words = text.replace(",", " ").split()
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        pieces = _read(lambda: PathPoints(path=f"Γ {text}"), POINT_REMEDY).pieces or ()
        if len(pieces) != 1 or len(pieces[0]) != 2:
            raise InputError(f"{text!r:.60} is not a single k-point", POINT_REMEDY) from None
        return pieces[0][1]
    if len(numbers) != 3:
        raise InputError(f"{text!r:.60} is not a k-point", POINT_REMEDY)
    listed = _read(lambda: ListedPoints.model_validate({"list": [numbers]}), POINT_REMEDY)
    return listed.fractional[0]


def _read(make: Callable[[], T], remedy: str) -> T:
    """Return `make()`; raise its first validation error as an InputError."""
    try:
        return make()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        what = first["msg"] if name in first["msg"] else f"{name}: {first['msg']}"
        raise InputError(what, first.get("ctx", {}).get("remedy", remedy)) from error
