"""The plain method for a gradient, to compare nnpp with.

v(|G−G′|) by the network for all N² pairs of every species and k, the matrix of H written out,
all of its eigenvalues by `eigh`, and reverse mode through everything. The matrices of the
spin-orbit and non-local terms are made beforehand for each element and are not timed.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.hamiltonian.bulk import System, Values, hamiltonian
from nnpp.potentials.potential import Potential, Strengths
from nnpp.pytree import pytree
from nnpp.structures.crystal import Crystal


@pytree
class Pairs:
    """Everything that the atoms fix at one k, for each pair of plane waves.

    Attributes:
        kinetic: ½|k+G|², the diagonal [hartree].
        q: |G−G′| [bohr⁻¹].
        structure: S_s(G−G′)/Ω of each species [bohr⁻³].
        fixed: ∂H/∂a for every strength a: a5, then a6 and a7, of each species.
    """

    kinetic: Float[Array, " g"]
    q: Float[Array, "g g"]
    structure: Array
    fixed: Array


def pairs(crystal: Crystal, system: System, i: int, spinor: bool) -> Pairs:
    """Return the pairs of the k-point `i`."""
    waves = jax.tree.map(lambda x: x[i], system.waves)
    G = waves.K[:, None] - waves.K[None, :]
    phases = jnp.exp(-1j * jnp.einsum("ghx,ax->gha", G, crystal.positions))
    of = np.asarray(crystal.species_of_atom)
    structure = jnp.stack(
        [phases[..., of == s].sum(axis=-1) for s in range(len(crystal.species))]
    )
    both = waves.real[:, None] & waves.real[None, :]
    fixed = _fixed(system, waves, len(crystal.species)) if spinor else jnp.zeros((0, 1, 1))
    return Pairs(
        kinetic=jnp.where(waves.real, jnp.sum(waves.K**2, axis=-1) / 2, 1e3),
        q=jnp.linalg.norm(G, axis=-1),
        structure=jnp.where(both, structure / crystal.volume, 0),
        fixed=fixed,
    )


def _fixed(system: System, waves, species: int) -> Array:
    """Return ∂H/∂a of all strengths; H is linear in them."""
    from nnpp.basis.convolution import Box

    d = system.local.differences
    places = d.box[0] * d.box[1] * d.box[2]
    box = Box(jnp.zeros(places, complex), jnp.zeros(d.box), d.box, d.centre)

    def at(so, nl):
        return hamiltonian(
            waves, system, Values(box, Strengths({"spin_orbit": so, "nonlocal": nl}))
        ).matrix()

    zero = at(jnp.zeros(species), jnp.zeros((species, 2)))
    each = []
    for s in range(species):
        each.append(at(jnp.zeros(species).at[s].set(1.0), jnp.zeros((species, 2))) - zero)
    for s in range(species):
        for part in range(2):
            nl = jnp.zeros((species, 2)).at[s, part].set(1.0)
            each.append(at(jnp.zeros(species), nl) - zero)
    return jnp.stack(each)


@partial(jax.jit, static_argnames="n")
def loss_and_gradient(
    potential: Potential, at_k: Pairs, reference: Float[Array, " n"], n: int
) -> tuple[Array, Potential]:
    """Return Σ (E − E_ref)² of one k-point and its gradient."""

    def loss(potential: Potential) -> Array:
        v = potential.local(at_k.q.reshape(-1)).T.reshape(at_k.structure.shape)
        H = jnp.sum(at_k.structure * v, axis=0) + jnp.diag(at_k.kinetic)
        if len(at_k.fixed):
            a5, a67 = (potential.strengths[name] for name in ("spin_orbit", "nonlocal"))
            strengths = jnp.concatenate([a5, a67.reshape(-1)])
            H = jnp.kron(jnp.eye(2), H) + jnp.einsum("a,agh->gh", strengths, at_k.fixed)
        E = jnp.linalg.eigvalsh(H, symmetrize_input=False)
        return jnp.sum((E[:n] - reference) ** 2)

    return jax.value_and_grad(loss)(potential)
