"""A term of your own: an adjustable core

`register` adds a term at run time; this one is v(q) → v(q) + c1·exp(−q²/2κ²). A term in a file
of `nnpp/terms/fitted/` needs no call, and appears in fit.yaml, exports and cards as well.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from nnpp.basis.rules import PER_K
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import levels
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from nnpp.structures.kpoints import listed
from nnpp.terms.term import Term, register, unregister
from nnpp.units import HARTREE_EV

KAPPA = 1.5  # bohr⁻¹


def core(q, c1):
    """Return c1·exp(−q²/2κ²) of each species [hartree·bohr³]."""
    return jnp.exp(-(q**2) / (2 * KAPPA**2))[:, None] * c1


register(
    Term(
        name="core",
        symbols=("c1",),
        unit="hartree·bohr³",
        words="core",
        description="Depth of a Gaussian core.",
        addition=core,
    )
)

fcc = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
cdse = crystal(11.4485278 * fcc, [[0.125] * 3, [-0.125] * 3], ("Cd", "Se"))
form = Zunger(jnp.array([[-31.4518, 1.389, -0.0502, 1.6603], [8.4921, 4.3513, 1.36, 0.3227]]))
gamma = system(cdse, listed(cdse, [[0.0, 0, 0]]), cutoff=5.0, rule=PER_K)


def gap(c1):
    """Return the gap at Γ [eV] with the strength c1 on Se."""
    strengths = Strengths(core=jnp.stack([jnp.zeros(()), c1]))
    E = levels(Potential(form, strengths, cdse.species), gamma, 5)[0]
    return (E[4] - E[1:4].mean()) * HARTREE_EV


c1 = np.linspace(-4, 4, 9)
gaps, slope = np.array([gap(jnp.asarray(x)) for x in c1]), jax.grad(gap)(0.0)
fig, ax = plt.subplots(figsize=(4, 3), layout="constrained")
ax.plot(c1, gaps, "o", label="gap")
ax.plot(c1, gaps[4] + slope * c1, label="slope by jax.grad")
ax.set(xlabel="c1 of Se (hartree·bohr³)", ylabel="gap at Γ (eV)")
ax.legend(frameon=False)
fig.savefig("custom_term.png", dpi=110)
unregister("core")
