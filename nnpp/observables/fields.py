"""Fields on the points of a cell: V(r) [hartree], and |ψ(r)|² of a level [bohr⁻³], ∫ = 1.

The box of plane waves has S ≥ 4·max|n| + 1 points along each axis, so that V and |ψ|² are
exact: no component wraps. The origin of the fields is that of the given crystal, even if the
crystal was shifted to its centre of inversion.
"""

import jax
import numpy as np
from jaxtyping import Array, Complex, Float

from nnpp.hamiltonian.bulk import System, at_shells, values
from nnpp.observables.completeness import TOGETHER
from nnpp.potentials.potential import Potential
from nnpp.structures.crystal import Crystal
from nnpp.structures.inversion import centred

Field = Float[np.ndarray, "x y z"]
"""Values at x₁ = i/S₁, x₂ = j/S₂, x₃ = l/S₃ of the given cell."""


def local_potential(potential: Potential, system: System, crystal: Crystal) -> Field:
    """Return V(r) from the components up to the longest |G−G′| of the basis [hartree]."""
    V = values(at_shells(potential, system), system).V
    return _shifted_back(np.asarray(V.V_r), crystal)


def densities(
    potential: Potential,
    system: System,
    crystal: Crystal,
    psi: Complex[Array, "g level"],
    k: int = 0,
) -> Float[np.ndarray, "level x y z"]:
    """Return Σ_σ|ψ(r)|² of the states `psi` at the k-point `k` [bohr⁻³]."""
    waves = jax.tree.map(lambda x: x[k], system.waves)
    V = values(at_shells(potential, system), system).V
    spins = len(psi) // len(waves.K)
    apart = psi.reshape(spins, -1, psi.shape[1])
    found = np.asarray(system.local.operator(V, waves).density(apart) / crystal.volume)
    return np.stack([_shifted_back(x, crystal) for x in found])


def multiplet(
    E: Float[np.ndarray, " level"], n: int, together: float = TOGETHER
) -> tuple[int, int]:
    """Return the range of levels, from 0, that are degenerate with level `n`.

    The states within a multiplet are arbitrary; only their mean density is defined.
    """
    apart = np.flatnonzero(np.diff(E) > together) + 1
    edges = [0, *map(int, apart), len(E)]
    after = int(np.searchsorted(edges, n, side="right"))
    return edges[after - 1], edges[after]


def _shifted_back(field: Field, crystal: Crystal) -> Field:
    """Return f(r − c); the origin of `field` is the point c of the given crystal."""
    c = np.asarray(crystal.fractional[0] - centred(crystal)[0].fractional[0])
    if not c.any():
        return field
    m = np.meshgrid(*[np.fft.fftfreq(n, 1 / n) for n in field.shape], indexing="ij")
    phase = np.exp(-2j * np.pi * np.tensordot(c, np.stack(m), axes=1))
    return np.fft.ifftn(np.fft.fftn(field) * phase).real
