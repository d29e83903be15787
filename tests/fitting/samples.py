"""Residuals of a formula, spectra of zb-CdSe with all kinds of targets, and a fit's folder."""

from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from nnpp.basis.rules import SMOOTH
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.spectrum import Spectrum, jacobian
from nnpp.formats.bands_csv import write_bands_csv
from nnpp.observables.bands import Bands, levels
from nnpp.potentials.neural import STARTS, Gaussian, Network, Radial
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.table import Table
from nnpp.pytree import pytree, static
from nnpp.structures.kpoints import listed
from tests import systems

GENERIC = [0.13, 0.27, -0.31]
FOUR_K = np.vstack([systems.GXL, GENERIC])


@pytree
class Formula:
    """Residuals that are a formula of θ, none held out."""

    r: Callable = static()
    name: str = static(default="formula")

    def observe(self, parameters, theta):
        return self.r(theta)

    def linear(self, parameters, theta):
        return self.r(theta), jacobian(self.r, theta)

    def residuals(self, r):
        return r

    def held_out(self, r):
        return r[:0]


def holding(theta) -> Potential:
    """A potential whose numbers are θ, in this order."""
    theta = jnp.asarray(theta, float)
    lengths = tuple(float(i) for i in range(1, len(theta) + 1))
    return Potential(Table(lengths, theta[:, None]), Strengths(), ("X",))


def of_formula(r: Callable, start) -> Objective:
    return Objective(Parameters(holding(start), ("local",)), (Formula(r),))


def rosenbrock(x):
    return jnp.stack([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def trained(potential: Potential) -> Parameters:
    """All that the potential has is trained."""
    return Parameters(potential, tuple(potential.parts()))


def entries(parameters: Parameters, *parts: str) -> np.ndarray:
    """Which entries of θ belong to these parts."""
    moving = parameters.moving()
    marks = {
        p: jax.tree.map(lambda x, p=p: jnp.full(x.shape, p in parts), moving[p]) for p in moving
    }
    return np.asarray(ravel_pytree(marks)[0], bool)


def small(spin: bool = True, reference: bool = True) -> Potential:
    """A network of few weights, none zero, and every strength."""
    network = Network(
        Radial(0.8, 1.5, 4.5), (3,), 2, last=STARTS["xavier"], scale=2.0, start=STARTS["he"]
    )
    below = systems.zunger("Cd", "Se") if reference else None
    local = systems.neural(network, Gaussian(4.0), below, jax.random.key(5))
    return Potential(local, systems.everything(spin=spin).strengths, ("Cd", "Se"))


def spectrum(potential: Potential, k=FOUR_K, targets=(), held=(), n=8, strain=0.02):
    """zb-CdSe at 2 hartree, a little longer than where strain is zero."""
    crystal = systems.zincblende().strained(strain * np.eye(3))
    spinor = potential.spinor
    return Spectrum(
        system=systems.at(crystal, k, 2.0),
        kpoints=listed(crystal, np.atleast_2d(k)),
        targets=tuple(targets),
        held=tuple(held),
        name="zb",
        n=n,
        occupied=8 if spinor else 4,
        spinor=spinor,
    )


def saved_and_read(state):
    """What a method saves, as a file gives it back."""
    return jax.tree.map(lambda x: jnp.asarray(np.asarray(x).copy()), state.saved())


def same_bits(a, b) -> bool:
    """Whether two trees agree to the last bit, random keys included."""

    def bits(x):
        x = jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x
        return np.asarray(x).tobytes()

    a, b = jax.tree.leaves(a), jax.tree.leaves(b)
    return len(a) == len(b) > 0 and all(bits(x) == bits(y) for x, y in zip(a, b, strict=True))


SYSTEM = """\
  - name: zb
    structure:
      scale: 11.4485278 bohr
      cell: [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
      atoms: [[Cd, 0.125, 0.125, 0.125], [Se, -0.125, -0.125, -0.125]]
    cutoff: 2 hartree
    reference: reference.csv
"""

POTENTIAL = """\
potential:
  kind: neural
  network: {hidden: [4], features: {kind: radial, width: 0.5, spacing: 1.0, range: 5.0}}
  elements:
    Cd: {local: [-31.4518, 1.3890, -0.0502, 1.6603]}
    Se: {local: [8.4921, 4.3513, 1.3600, 0.3227]}
"""

FIT = "fit: {method: adam, steps: 6, learning_rate: 0.01, hold_out: 0.25}\n"


def write_fit(
    folder: Path,
    fit: str = FIT,
    potential: str = POTENTIAL,
    system: str = SYSTEM,
    k: np.ndarray = FOUR_K,
    n: int = 8,
) -> Path:
    """A fit.yaml of zb-CdSe and, as its reference, the bands of the published form."""
    folder.mkdir(parents=True)
    crystal, kpoints = systems.zincblende(), listed(systems.zincblende(), k)
    E = levels(systems.cdse(), systems.at(crystal, k, 2.0, rule=SMOOTH), n)
    write_bands_csv(folder / "reference.csv", Bands(kpoints, E, 4, False))
    (folder / "fit.yaml").write_text("systems:\n" + system + potential + fit, encoding="utf-8")
    return folder
