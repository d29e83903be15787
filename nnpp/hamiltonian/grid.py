"""H on a bare grid of points, as filter-diagonalisation codes have it.

    T = min(½k², cap),  V(r_j) = Σ_a w_a v_a(|r_j − τ_a|)

The functions are all real functions on the points r_j = −n·h/2 + j·h, periodic on the box n·h.
V is interpolated from tables of v(r), without periodic images; w_a is the strain factor of an
atom. Products V ψ alias: levels depend on the place of the points, by up to 14 meV at a spacing
of 0.8 bohr. For comparison with those codes; `dot_system` is the better basis.

The real functions on a grid are plane waves of its box (`whole_box`), so that this H is a
`DotHamiltonian`, with the same coarse levels and solvers.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.basis.half_sphere import HalfSphere, Shape, whole_box
from nnpp.devices.start import require_jax
from nnpp.errors import InputError
from nnpp.hamiltonian.dot import DotHamiltonian
from nnpp.hamiltonian.dot_system import DotSystem, strain_factors
from nnpp.potentials.potential import Potential
from nnpp.potentials.radial_tables import RadialTables
from nnpp.structures.dots.dot import Dot
from nnpp.terms.grid_projectors import KEPT, GridRadial, Weight, grid_functions, grid_radial
from nnpp.terms.local_box import box_shells
from nnpp.terms.real_projectors import RealSeparable, real_coupling

LARGEST = 8e9
"""Largest memory of the projectors of one term [bytes]."""


def grid_system(
    of: Dot, shape: Shape, spacing: tuple[float, float, float], cap: float
) -> DotSystem:
    """Return the system of a dot on a grid; the mean of all sites is the centre of the box.

    Args:
        of: the dot.
        shape: points along each axis.
        spacing: their distances h [bohr].
        cap: largest kinetic energy [hartree].
    """
    require_jax()
    edges = np.array(shape) * np.array(spacing)
    positions = np.asarray(of.positions)
    sphere = whole_box(np.diag(edges), shape)
    return DotSystem(
        sphere=sphere,
        lengths=box_shells(np.diag(edges), shape),
        positions=jnp.asarray(positions - positions.mean(axis=0) + edges / 2),
        strains=jnp.zeros(len(positions)) if of.strains is None else jnp.asarray(of.strains),
        T=jnp.minimum(jnp.asarray(sphere.K2) / 2, cap),
        longest=float(np.sqrt(sphere.K2.max())),
        symbols=of.symbols,
    )


def grid_hamiltonian(potential: Potential, system: DotSystem) -> DotHamiltonian:
    """Return H on a grid.

    Args:
        potential: tables of v(r) of all symbols of the dot, and strengths.
        system: the result of `grid_system`.
    """
    separable = tuple(_separable(potential, system))
    V = grid_potential(potential, system)
    return DotHamiltonian(system.sphere, system.T, V, separable, potential.spinor)


def grid_potential(potential: Potential, system: DotSystem) -> Float[Array, "x y z"]:
    """Return V(r) at the points of the grid [hartree]; differentiable."""
    tables = potential.local
    if not isinstance(tables, RadialTables):
        raise InputError(
            f"a grid needs tables of v(r), but the potential is a {tables.words}",
            "choose plane waves, or export the potential and use its files",
        )
    symbols, V = np.array(system.symbols), jnp.zeros(system.sphere.shape)
    species = tuple(dict.fromkeys(system.symbols))
    columns = potential.columns(species)
    strengths = potential.strengths.at(columns)
    for i, symbol in enumerate(species):
        members = np.flatnonzero(symbols == symbol)
        w = strain_factors(strengths, i, system.strains[members])
        tau = system.positions[members]
        V = V + _interpolated(tables, int(columns[i]), tau, w, points(system.sphere))
    return V


def points(sphere: HalfSphere) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the coordinates of the points along each axis, from 0 [bohr]."""
    edges = np.diag(np.asarray(sphere.cell))
    x, y, z = (L / n * np.arange(n) for L, n in zip(edges, sphere.shape, strict=True))
    return x, y, z


@partial(jax.jit, static_argnames="species")
def _interpolated(
    tables: RadialTables,
    species: int,
    tau: Float[Array, "site 3"],
    w: Float[Array, " site"],
    axes: tuple[Array, Array, Array],
) -> Float[Array, "x y z"]:
    """Return Σ_a w_a v(|r − τ_a|) of one species at the points of a grid [hartree]."""

    @jax.checkpoint
    def add(V: Array, site: tuple[Array, Array]) -> tuple[Array, None]:
        x, y, z = ((axis - t) ** 2 for axis, t in zip(axes, site[0], strict=True))
        r = jnp.sqrt(x[:, None, None] + y[:, None] + z)
        return V + site[1] * tables.values(species, r), None

    return jax.lax.scan(add, jnp.zeros([len(x) for x in axes]), (tau, w))[0]


def _separable(potential: Potential, system: DotSystem) -> Iterator[RealSeparable]:
    """Yield the terms with projectors; weights of one term are one radial function."""
    h = float(points(system.sphere)[0][1])
    for term, a in potential.strengths.by_term():
        if not term.weights:
            continue
        if term.l != 1:
            raise InputError(
                f"a grid has no projectors for {term.words} strengths",
                "choose plane waves, or remove these strengths",
            )
        by_symbol = dict(zip(potential.species, np.asarray(a).reshape(len(a), -1), strict=True))
        radial = {
            s: grid_radial(partial(_weighted, term.weights, b), h)
            for s, b in by_symbol.items()
            if s in system.symbols and b.any()
        }
        sites = [i for i, s in enumerate(system.symbols) if s in radial]
        _check_memory(system, len(sites))
        if sites:
            of_site = [radial[system.symbols[i]] for i in sites]
            B = [_rows(system, i, one) for i, one in zip(sites, of_site, strict=True)]
            sign = np.concatenate([one.sign for one in of_site])
            coupling = jnp.asarray(real_coupling(term))
            yield RealSeparable(jnp.concatenate(B, axis=1), jnp.asarray(sign), coupling)


def _check_memory(system: DotSystem, sites: int) -> None:
    """Raise an error if the projectors of one term take more than `LARGEST`."""
    size = 8 * system.sphere.rows * sites * KEPT * 3
    if size > LARGEST:
        raise InputError(
            f"projectors of {sites} sites at {system.sphere.rows:,} points take "
            f"{size / 1e9:.0f} GB",
            "choose plane waves",
        )


def _weighted(
    weights: Sequence[Weight], a: Float[np.ndarray, " n"], r: Float[np.ndarray, " row"]
) -> Float[np.ndarray, " row"]:
    """Return Σ_n a_n W_n(r) [hartree]."""
    return np.sum([x * W(r) for x, W in zip(a, weights, strict=True)], axis=0)


def _rows(system: DotSystem, site: int, radial: GridRadial) -> Float[Array, "row mi"]:
    """Return the rows of the projectors of one site."""
    tau = np.asarray(system.positions[site])
    f = grid_functions(points(system.sphere), tau, radial)
    whole = f.reshape(-1, *system.sphere.shape) * np.sqrt(system.sphere.volume)
    return system.sphere.coefficients(whole)
