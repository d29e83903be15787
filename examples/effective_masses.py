"""Effective masses: k·p theory compared with the bands

`expansion` gives H about Γ to second order in k, in the plane waves of Γ. `inverse_masses`
sums over all other levels. The dashed parabolas touch the bands of CdSe (Zunger's form) at Γ.
"""

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from nnpp.basis.rules import PER_K
from nnpp.hamiltonian.bulk import at_shells, system
from nnpp.observables.bands import levels
from nnpp.observables.kdotp import curvatures, expansion, inverse_masses
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from nnpp.structures.kpoints import listed
from nnpp.units import HARTREE_EV

fcc = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
cdse = crystal(11.4485278 * fcc, [[0.125] * 3, [-0.125] * 3], ("Cd", "Se"))
form = Zunger(jnp.array([[-31.4518, 1.389, -0.0502, 1.6603], [8.4921, 4.3513, 1.36, 0.3227]]))
potential = Potential(form, Strengths(), cdse.species)
cutoff, occupied = 5.0, 4

gamma = system(cdse, listed(cdse, [[0.0, 0, 0]]), cutoff, PER_K)
about = expansion(at_shells(potential, gamma), gamma)
electron = 1 / inverse_masses(about, occupied, occupied + 1)[0, 0]
holes = 1 / curvatures(about, 1, occupied, np.array([1.0, 0, 0]))
print(f"electron mass {electron:.3f}, hole masses along 100 {np.round(holes, 3)}")

k = np.linspace(0, 0.12, 25)  # along 100 [bohr⁻¹]
points = np.stack([k, 0 * k, 0 * k], axis=1) @ np.linalg.inv(cdse.reciprocal)
near = system(cdse, listed(cdse, points), cutoff, PER_K)
E = np.asarray(levels(potential, near, 8)) * HARTREE_EV
E -= E[0, occupied - 1]

fig, ax = plt.subplots(figsize=(4, 3.4), layout="constrained")
ax.plot(k, E[:, 1:5], color="C0")
for start, mass in ((E[0, occupied], electron), *((0.0, m) for m in holes)):
    ax.plot(k, start + k**2 / (2 * mass) * HARTREE_EV, "--", color="C1")
ax.set(xlabel="k along 100 (bohr⁻¹)", ylabel="E (eV)", ylim=(-1.5, 3), xlim=(0, k[-1]))
fig.savefig("effective_masses.png", dpi=110)
