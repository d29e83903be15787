"""Strain: the gap and its exact slope

`strain_derivative` differentiates H with respect to a strain; `by_volume` gives dE/d ln Ω of a
group of levels. The line is this slope, the points are gaps of strained cells. The cutoff
scales with the cell, so that all cells have the same plane waves.
"""

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import levels
from nnpp.observables.deformation import by_volume, strain_derivative
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from nnpp.structures.kpoints import listed
from nnpp.units import HARTREE_EV

fcc = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
cdse = crystal(11.4485278 * fcc, [[0.125] * 3, [-0.125] * 3], ("Cd", "Se"))
form = Zunger(jnp.array([[-31.4518, 1.389, -0.0502, 1.6603], [8.4921, 4.3513, 1.36, 0.3227]]))
potential = Potential(form, Strengths(), cdse.species)
cutoff, occupied = 7.0, 4


def gap(strain: float) -> float:
    """Return the gap at Γ [eV] of a crystal with all lengths times 1 + strain."""
    cell = cdse.strained(strain * np.eye(3))
    gamma = system(cell, listed(cell, [[0.0, 0, 0]]), cutoff / (1 + strain) ** 2)
    E = levels(potential, gamma, occupied + 1)[0] * HARTREE_EV
    return float(E[occupied] - E[occupied - 1])


gamma = system(cdse, listed(cdse, [[0.0, 0, 0]]), cutoff)
H = strain_derivative(potential, gamma)
conduction, valence = by_volume(H, occupied, occupied + 1), by_volume(H, 1, occupied)
slope = float(conduction - valence) * HARTREE_EV
print(f"dE_gap/d ln Ω = {slope:.3f} eV")

strains = np.linspace(-0.02, 0.02, 9)
gaps = np.array([gap(x) for x in strains])
fig, ax = plt.subplots(figsize=(4, 3), layout="constrained")
ax.plot(300 * strains, gaps, "o", label="strained cells")
ax.plot(300 * strains, gaps[4] + 3 * strains * slope, label="exact slope")
ax.set(xlabel="change of volume (%)", ylabel="gap at Γ (eV)")
ax.legend(frameon=False)
fig.savefig("strain_gradient.png", dpi=110)
