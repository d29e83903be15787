"""Shapes of dots: convex bodies around the origin, as the distance from their surface.

Facets have signed Miller indices of the cell: in the cells of `zb-` names (111) ends with
cations and (−1−1−1) with anions, so the two families are distinct; other cells may be reversed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import ConvexHull, HalfspaceIntersection

from nnpp.errors import InputError, suggest
from nnpp.structures.crystal import Crystal
from nnpp.structures.symmetry import rotations

Points = Float[np.ndarray, "point 3"]
Normals = Float[np.ndarray, "facet 3"]
Facets = Mapping[tuple[int, int, int], float]
"""Families of facets, and their distances from the centre relative to each other."""

CUBIC = 1e-6
"""A cell is cubic if its vectors agree to this part with those of a cube."""

ASPECT = 3.0
"""Length of a rod divided by its diameter, unless it is given."""


@dataclass(frozen=True)
class Body:
    """A convex body around the origin.

    Attributes:
        distance: the distance of points from the surface, negative inside [bohr].
        reach: radius of a sphere that contains it [bohr].
        text: its description, with lengths in nm.
    """

    distance: Callable[[Points], Float[np.ndarray, " point"]]
    reach: float
    text: str


@dataclass(frozen=True)
class Frame:
    """What a shape is oriented by.

    Attributes:
        crystal: the crystal, whose cell defines directions and facets.
        axis: direction of rods and platelets, in units of the lattice vectors.
        length: length of a rod, or thickness of a platelet [bohr].
        facets: families of facets of a Wulff shape.
    """

    crystal: Crystal
    axis: tuple[int, int, int] = (0, 0, 1)
    length: float | None = None
    facets: Facets | None = None

    @property
    def direction(self) -> Float[np.ndarray, " 3"]:
        """The unit vector along the axis."""
        along = np.asarray(self.axis) @ np.asarray(self.crystal.cell)
        return along / np.linalg.norm(along)


def sphere(size: float, frame: Frame) -> Body:
    """Return a sphere of diameter `size` [bohr]."""
    del frame
    return Body(lambda r: np.linalg.norm(r, axis=1) - size / 2, size / 2, "sphere")


def cube(size: float, frame: Frame) -> Body:
    """Return a cube of edge `size` [bohr], with faces along x, y and z."""
    del frame
    normals = np.concatenate([np.eye(3), -np.eye(3)])
    return _polyhedron(normals, np.full(6, size / 2), "cube")


def tetrahedron(size: float, frame: Frame) -> Body:
    """Return a tetrahedron of edge `size` [bohr] with faces {111}.

    They end with cations in the cells of `zb-` names, whose bonds from the cations point
    along (111); other cells may have the opposite sign.
    """
    normals = _family(_cubic(frame), (1, 1, 1))
    return _polyhedron(normals, np.full(len(normals), size / np.sqrt(24)), "tetrahedron")


def octahedron(size: float, frame: Frame) -> Body:
    """Return an octahedron of edge `size` [bohr] with faces {111} and {−1−1−1}."""
    normals = _family(_cubic(frame), (1, 1, 1))
    both = np.unique(np.round(np.concatenate([normals, -normals]), 9), axis=0)
    return _polyhedron(both, np.full(len(both), size / np.sqrt(6)), "octahedron")


def rod(size: float, frame: Frame) -> Body:
    """Return a cylinder of diameter `size` [bohr] along the axis."""
    length = ASPECT * size if frame.length is None else frame.length
    axis = frame.direction

    def distance(r: Points) -> Float[np.ndarray, " point"]:
        z = r @ axis
        across = np.linalg.norm(r - z[:, None] * axis, axis=1)
        return np.maximum(across - size / 2, np.abs(z) - length / 2)

    return Body(distance, float(np.hypot(size, length)) / 2, "rod")


def platelet(size: float, frame: Frame) -> Body:
    """Return a box of two edges `size` [bohr] and the thickness `length` along the axis."""
    if frame.length is None:
        raise InputError("a platelet has no thickness", "add e.g. --length '1.2 nm'", "--shape")
    axis = frame.direction
    # The first edge is normal to the Cartesian axis that is least along the axis.
    first = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    first /= np.linalg.norm(first)
    edges = np.stack([first, np.cross(axis, first), axis])
    halves = np.array([size, size, frame.length]) / 2
    return _polyhedron(
        np.concatenate([edges, -edges]), np.concatenate([halves, halves]), "platelet"
    )


def wulff(size: float, frame: Frame) -> Body:
    """Return a body of facets with the volume of a sphere of diameter `size` [bohr]."""
    if not frame.facets:
        raise InputError(
            "a Wulff shape has no facets", "add e.g. --facets '100:1 111:1.1'", "--shape"
        )
    normals, heights = [], []
    for family, height in frame.facets.items():
        of_family = _family(frame.crystal, family)
        normals.append(of_family)
        heights += [height] * len(of_family)
    all_normals, distances = np.concatenate(normals), np.array(heights)
    volume = ConvexHull(_corners(all_normals, distances)).volume
    scale = size * (np.pi / (6 * volume)) ** (1 / 3)
    return _polyhedron(all_normals, scale * distances, "Wulff shape")


SHAPES: dict[str, Callable[[float, Frame], Body]] = {
    shape.__name__: shape
    for shape in (sphere, cube, tetrahedron, octahedron, rod, platelet, wulff)
}
"""Shapes by their names; each takes a size [bohr]."""


def shape_named(name: str) -> Callable[[float, Frame], Body]:
    """Return a shape by its name."""
    if name not in SHAPES:
        raise InputError(f"unknown shape {name!r:.30}", suggest(name, SHAPES), "--shape")
    return SHAPES[name]


def _cubic(frame: Frame) -> Crystal:
    """Return the crystal of a cubic cell along x, y and z; an InputError for other cells."""
    cell = np.asarray(frame.crystal.cell)
    if np.abs(cell - cell[0, 0] * np.eye(3)).max() > CUBIC * abs(cell[0, 0]):
        raise InputError(
            "this shape needs a cubic cell", "use zinc blende, or --shape wulff", "--shape"
        )
    return frame.crystal


def _family(crystal: Crystal, hkl: tuple[int, int, int]) -> Normals:
    """Return the unit normals of all facets that the crystal's symmetry makes of one."""
    indices = np.unique(np.array(hkl) @ rotations(crystal), axis=0)
    normals = indices @ np.asarray(crystal.reciprocal)
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _polyhedron(normals: Normals, heights: Float[np.ndarray, " facet"], text: str) -> Body:
    """Return the body n·r ≤ h of all facets."""
    reach = float(np.linalg.norm(_corners(normals, heights), axis=1).max())
    return Body(lambda r: (r @ normals.T - heights).max(axis=1), reach, text)


def _corners(normals: Normals, heights: Float[np.ndarray, " facet"]) -> Points:
    """Return the corners of a body; an InputError if it is not closed."""
    # A sum of unit normals with positive weights vanishes if and only if the body is closed.
    if not _closed(normals):
        raise InputError(
            "these facets do not close a body", "add the opposite facets", "--facets"
        )
    halfspaces = np.column_stack([normals, -heights])
    return HalfspaceIntersection(halfspaces, np.zeros(3)).intersections


def _closed(normals: Normals) -> bool:
    """Return whether the origin is inside the convex hull of the normals."""
    if np.linalg.matrix_rank(normals, 1e-6) < 3 or len(normals) < 4:
        return False
    if np.linalg.matrix_rank(normals - normals[0], 1e-6) < 3:
        return False
    return bool((ConvexHull(normals).equations[:, 3] < -1e-9).all())
