"""Strain: the derivative of a gap, and a mass

`jax.grad` differentiates the gap with respect to a strain of the crystal, written as one would
write it first. The line is this derivative, the points are gaps of strained cells. The electron
mass follows from k·p theory at Γ.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import nnpp

fcc = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
cdse = nnpp.crystal(11.4485278 * fcc, [[0.125] * 3, [-0.125] * 3], ("Cd", "Se"))
a = jnp.array([[-31.4518, 1.389, -0.0502, 1.6603], [8.4921, 4.3513, 1.36, 0.3227]])
potential = nnpp.Potential(nnpp.Zunger(a), nnpp.Strengths(), cdse.species)
cutoff, occupied = 7.0, 4


def at_gamma(crystal):
    """Return a crystal in its plane waves at Γ."""
    return nnpp.system(crystal, nnpp.listed(crystal, [[0.0, 0, 0]]), cutoff, nnpp.SMOOTH)


def gap(strain):
    """Return the gap at Γ [eV] of the strained crystal; the top is a triplet."""
    E = nnpp.levels(potential, at_gamma(cdse.strained(strain)), occupied + 1)[0]
    return (E[occupied] - E[1:occupied].mean()) * nnpp.HARTREE_EV


slope = jax.grad(gap)(jnp.zeros((3, 3)))  # dE_gap/dε_ij
numbers = nnpp.at_shells(potential, at_gamma(cdse))
about = nnpp.expansion(numbers, at_gamma(cdse))
mass = 1 / nnpp.inverse_masses(about, occupied, occupied + 1)[0, 0]
print(f"dE_gap/d ln Ω = {jnp.trace(slope) / 3:.3f} eV, electron mass {mass:.3f} mₑ")

strains = np.linspace(-0.02, 0.02, 9)
gaps = np.array([gap(x * np.eye(3)) for x in strains])
fig, ax = plt.subplots(figsize=(4, 3), layout="constrained")
ax.plot(100 * strains, gaps, "o", label="strained cells")
ax.plot(100 * strains, gaps[4] + strains * jnp.trace(slope), label="jax.grad at zero strain")
ax.set(xlabel="strain (%)", ylabel="gap at Γ (eV)")
ax.legend(frameon=False)
fig.savefig("strain_gradient.png", dpi=110)
