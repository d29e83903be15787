"""A solver of your own: Chebyshev filtering

A solver is a function of H and the wanted levels. It needs only products with H, and gets the
derivative of the levels for free. The rule `sphere` uses the same plane waves at all k-points,
so that no level of H lies above the bound.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from nnpp.basis.rules import SPHERE
from nnpp.hamiltonian.bulk import system
from nnpp.observables.bands import levels
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import Zunger
from nnpp.structures.crystal import crystal
from nnpp.structures.paths import path
from nnpp.units import HARTREE_EV

TOP, DEGREE, SWEEPS, GUARD = 6.0, 12, 12, 4
"""Bound of all levels [hartree], degree of the polynomial, applications, extra functions."""


def ritz(H, X):
    """Return the levels of H within the space of X, and their states."""
    Q = jnp.linalg.qr(X)[0]
    E, U = jnp.linalg.eigh(Q.conj().T @ H.apply(Q))
    return E, Q @ U


def chebyshev(H, wanted):
    """Return the lowest levels [hartree] and their states, by filtered subspace iteration."""

    def sweep(_, X):
        E, X = ritz(H, X)
        centre, half = (TOP + E[-1]) / 2, (TOP - E[-1]) / 2
        before, now = X, (H.apply(X) - centre * X) / half
        for _ in range(DEGREE - 1):  # T_n grows outside [E[-1], TOP], and most for low levels
            before, now = now, 2 * (H.apply(now) - centre * now) / half - before
        return now

    start = jax.random.normal(jax.random.key(0), (H.size, wanted.n + GUARD)) + 0j
    return wanted.of(*ritz(H, jax.lax.fori_loop(0, SWEEPS, sweep, start)))


fcc = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
cdse = crystal(11.4485278 * fcc, [[0.125] * 3, [-0.125] * 3], ("Cd", "Se"))
form = Zunger(jnp.array([[-31.4518, 1.389, -0.0502, 1.6603], [8.4921, 4.3513, 1.36, 0.3227]]))
potential = Potential(form, Strengths(), cdse.species)
s = system(cdse, path(cdse, points=10), cutoff=3.0, rule=SPHERE)
ours, dense = levels(potential, s, 6, chebyshev), levels(potential, s, 6)
print("largest difference", float(abs(ours - dense).max()) * HARTREE_EV, "eV")

fig, ax = plt.subplots(figsize=(4.4, 3.2), layout="constrained")
ax.plot(dense * HARTREE_EV, color="0.6", lw=3)
ax.plot(ours * HARTREE_EV, color="C0", lw=1)
ax.set(xlabel="k-point", ylabel="E (eV)", title="Chebyshev (blue), standard (grey)")
fig.savefig("custom_solver.png", dpi=110)
