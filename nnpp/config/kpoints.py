"""Where the levels are wanted: as in the reference, along a path, on a mesh, or listed."""

import re
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, Tag, model_validator

from nnpp.config.section import (
    Count,
    NotNegative,
    Section,
    Vector,
    either,
    problem,
    same_length,
)

LABEL = re.compile(r"[A-ZΓΔΘΛΞΠΣΦΨΩ][A-Za-z]*[0-9]*(?:_?[0-9]+)?['′]?")
BETWEEN = re.compile(r"[\s,–→-]+")
GAMMA = ("G", "GAMMA", "Gamma", "gamma", "\\Gamma", "Γ")
FARTHEST = 2.0
"""|k_i| beyond this is taken for another unit than reciprocal lattice vectors."""


def _label(word: str) -> str:
    """The name of a special point; Γ however it was spelt."""
    if word in GAMMA:
        return "Γ"
    if not LABEL.fullmatch(word):
        raise problem(f"path: {word!r:.30} is no name of a k-point", 'write e.g. "L Γ X U|K Γ"')
    return word


def _path(text: str) -> str:
    """The path in its one spelling: names apart by a blank, pieces by |."""
    if text.strip().lower() == "auto":
        return "auto"
    pieces = [[_label(w) for w in BETWEEN.split(piece) if w] for piece in text.split("|")]
    if any(len(piece) < 2 for piece in pieces):
        raise problem(
            f"path: {text!r:.60} has a piece with fewer than two k-points",
            'write e.g. "L Γ X U|K Γ"',
        )
    return "|".join(" ".join(piece) for piece in pieces)


def _near(k: Vector) -> Vector:
    """A k-point in fractional coordinates, refused where it looks like another unit."""
    if any(abs(component) > FARTHEST for component in k):
        raise problem(
            f"k-point {list(k)} lies far outside the cell",
            "write fractional coordinates of the reciprocal lattice",
        )
    return k


NearPoint = Annotated[Vector, AfterValidator(_near)]
"""A k-point in fractional coordinates."""


class PathPoints(Section):
    """Points along straight lines between named k-points."""

    path: Annotated[str, AfterValidator(_path)] = Field(
        description='Names of k-points, pieces apart by |, as "L Γ X U|K Γ"; or auto.'
    )
    points: Annotated[Count, Field(ge=2)] = Field(
        default=60, description="Number of k-points on the whole path."
    )

    @property
    def pieces(self) -> tuple[tuple[str, ...], ...] | None:
        """The names of each piece; None for the recommended path."""
        if self.path == "auto":
            return None
        return tuple(tuple(piece.split()) for piece in self.path.split("|"))


class MeshPoints(Section):
    """A Γ-centred mesh over the zone."""

    mesh: tuple[Count, Count, Count] = Field(description="Divisions along the three b_i.")


class ListedPoints(Section):
    """K-points one by one."""

    fractional: tuple[NearPoint, ...] = Field(
        alias="list", min_length=1, description="K-points in units of the b_i."
    )
    weights: tuple[NotNegative, ...] | None = Field(
        default=None, description="Share of each k-point in a sum over the zone; default equal."
    )

    @model_validator(mode="after")
    def _matched(self) -> "ListedPoints":
        """One weight for each k-point, not all zero."""
        same_length(self.fractional, self.weights, "k-points and weights", "weights")
        if self.weights is not None and not any(self.weights):
            raise problem("weights: all are zero", "give at least one a weight", "weights")
        return self


KINDS = {"path": "path", "points": "path", "mesh": "mesh", "list": "list", "weights": "list"}


def _kind(value: Any) -> str | None:
    """Which of the forms is meant, even if a key is misspelt."""
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
        "k-points are given in no known form",
        "write reference, {path: …}, {mesh: …} or {list: …}",
    ),
]
