"""Optics: the dielectric function of silicon

Form factors of Cohen and Bergstresser (1966). `levels_and_velocities` solves a mesh that
symmetry reduces; `optics` integrates over it with linear tetrahedra. Electrons are
independent: no excitons.
"""

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from nnpp.basis.rules import PER_K
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import Bands
from nnpp.observables.optics import levels_and_velocities, optics
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.table import Table
from nnpp.structures.crystal import crystal
from nnpp.structures.symmetry import mesh
from nnpp.units import HARTREE_EV

fcc = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
silicon = crystal(10.261213 * fcc, [[0.125] * 3, [-0.125] * 3], ("Si", "Si"))
v = [[-14.181], [2.701], [5.402]]  # at √3, √8 and √11 times 2π/a [hartree·bohr³]
local = Table((1.0605760, 1.7319134, 2.0308484), jnp.array(v))
potential = Potential(local, Strengths(), ("Si",))
size, levels, occupied = (6, 6, 6), 10, 4

kpoints = mesh(silicon, size)
s = system(silicon, kpoints, cutoff=4.0, rule=PER_K)
E, velocities, _ = levels_and_velocities(potential, s, levels)
bands = Bands(kpoints, E, occupied, spinor=False)
energy = np.arange(0, 25, 0.02) / HARTREE_EV
found = optics(bands, np.asarray(velocities), silicon, size, energy, width=0.1 / HARTREE_EV)

fig, ax = plt.subplots(figsize=(4.4, 3), layout="constrained")
for tensor, name in ((found.real, "ε₁"), (found.imaginary, "ε₂")):
    ax.plot(energy * HARTREE_EV, tensor[:, 0, 0], label=name)
ax.axhline(0, color="k", lw=0.5)
ax.set(xlabel="ħω (eV)", ylabel="dielectric function", xlim=(0, 10))
ax.legend(frameon=False)
fig.savefig("optics.png", dpi=110)
