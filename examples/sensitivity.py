"""Sensitivity: which lengths |G−G′| determine the gap?

Levels depend on a potential only through v(q) at the shells. `jax.grad` gives the derivative
of the gap with respect to each of these numbers in one call.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from nnpp.basis.rules import PER_K
from nnpp.eigensolvers.choice import automatic
from nnpp.hamiltonian.bulk import at_shells, system
from nnpp.observables.bands import all_levels
from nnpp.observables.batched import LevelRequest
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from nnpp.structures.kpoints import listed

fcc = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
cdse = crystal(11.4485278 * fcc, [[0.125] * 3, [-0.125] * 3], ("Cd", "Se"))
form = Zunger(jnp.array([[-31.4518, 1.389, -0.0502, 1.6603], [8.4921, 4.3513, 1.36, 0.3227]]))
potential = Potential(form, Strengths(), cdse.species)
occupied = 4
gamma = system(cdse, listed(cdse, [[0.0, 0, 0]]), cutoff=7.0, rule=PER_K)


def gap(numbers):
    """Return the gap at Γ [hartree] from the numbers at the shells."""
    (E,) = all_levels([LevelRequest(numbers, gamma, occupied + 1, automatic)])
    return E[0, occupied] - E[0, 1:occupied].mean()


slope = jax.grad(gap)(at_shells(potential, gamma))
fig, ax = plt.subplots(figsize=(4.4, 3), layout="constrained")
for column, (name, shift) in enumerate((("Cd", -0.02), ("Se", 0.02))):
    ax.bar(gamma.q + shift, 1e3 * slope.v[:, column], width=0.04, label=name)
ax.axhline(0, color="k", lw=0.5)
ax.set(xlabel="q (bohr⁻¹)", ylabel="∂E$_g$/∂v(q) (10⁻³ bohr⁻³)", xlim=(0, 4))
ax.legend(frameon=False)
fig.savefig("sensitivity.png", dpi=110)
