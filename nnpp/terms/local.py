"""Local potential: ⟨G|V|G′⟩ = Ω⁻¹ Σ_s S_s(G−G′) v_s(|G−G′|).

S_s(Q) = Σ_{a∈s} exp(−iQ·τ_a) is the structure factor of species s, and v_s its form factor
(Cohen and Bergstresser, Phys. Rev. 141, 789 (1966), doi:10.1103/PhysRev.141.789).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from nnpp.basis.convolution import Box, Convolution, box_of
from nnpp.basis.plane_waves import Differences, PlaneWaves
from nnpp.pytree import pytree
from nnpp.structures.crystal import Crystal


@pytree
class LocalTerm:
    """The factors of V that depend on the atoms alone; v comes from training.

    Attributes:
        structure: S_s(G−G′)/Ω, zero for differences that do not occur [bohr⁻³].
        differences: the distinct G−G′ between which V acts.
    """

    structure: Complex[Array, "delta species"]
    differences: Differences

    def box(self, v: Float[Array, "shell species"]) -> Box:
        """Return V_{G−G′} and V(r) [hartree].

        Args:
            v: v_s(q) at `differences.q` [hartree·bohr³].
        """
        d = self.differences
        V = jnp.sum(self.structure * v[d.shell], axis=-1)
        places = d.box[0] * d.box[1] * d.box[2]
        flat = jnp.zeros(places, complex).at[d.place].set(V, unique_indices=True)
        return box_of(flat, d.box, d.centre)

    def operator(self, box: Box, waves: PlaneWaves) -> Convolution:
        """Return V at one k, from its box, which all k-points share."""
        return Convolution(box, waves.code, waves.real)


def local_term(crystal: Crystal, differences: Differences) -> LocalTerm:
    """Return the structure factors of a crystal."""
    members = np.asarray(crystal.species_of_atom)[:, None] == np.arange(len(crystal.species))
    structure = _structure(
        differences.Q, differences.occurs, crystal.positions, members, crystal.volume
    )
    return LocalTerm(structure, differences)


@jax.jit
def _structure(
    Q: Float[Array, "delta 3"],
    occurs: Bool[Array, " delta"],
    positions: Float[Array, "atom 3"],
    members: Bool[Array, "atom species"],
    volume: Float[Array, ""],
) -> Complex[Array, "delta species"]:
    """Return S_s(Q)/Ω, zero where Q does not occur."""
    phases = jnp.exp(-1j * Q @ positions.T) * occurs[:, None]
    return phases @ members / volume
