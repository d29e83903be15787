"""Systems on which steps are timed, with a network on top of published Zunger forms."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.crystals import CRYSTALS, perovskite
from nnpp.basis.rules import PER_K
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.levels import BandsTarget
from nnpp.fitting.targets.spectrum import Spectrum
from nnpp.hamiltonian.bulk import System, system
from nnpp.observables.bands import levels
from nnpp.observables.comparison import Absolute
from nnpp.potentials.neural import STARTS, Bare, Gaussian, Network, Neural
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.zunger import PUBLISHED, Zunger
from nnpp.structures.crystal import Crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.structures.paths import path

SPIN_ORBIT, NONLOCAL = (7.7899, 3.0344, 0.0), ((1.064, -0.00808), (0.0451, 0.0022), (0.0, 0.0))
"""Published a5, a6 and a7 of Pb, I and Cs [hartree]."""


def zunger(*species: str) -> Zunger:
    """Return the published forms."""
    return Zunger(jnp.asarray([PUBLISHED[s] for s in species]))


def published(*species: str) -> Potential:
    """Return a potential of the forms alone."""
    return Potential(zunger(*species), Strengths(), species)


def published_cspbi3() -> Potential:
    """Return the forms with spin-orbit and non-local terms."""
    strengths = Strengths(
        {"spin_orbit": jnp.asarray(SPIN_ORBIT), "nonlocal": jnp.asarray(NONLOCAL)}
    )
    return replace(published("Pb", "I", "Cs"), strengths=strengths)


@dataclass(frozen=True)
class Sample:
    """A crystal with k-points, a potential, and the number of levels."""

    crystal: Crystal
    kpoints: KPoints
    system: System
    potential: Potential
    n: int
    occupied: int

    @property
    def spinor(self) -> bool:
        """Whether levels hold one electron."""
        return self.potential.spinor

    def objective(self) -> Objective:
        """Return the objective of all levels against those of the forms."""
        forms = replace(published(*self.potential.species), strengths=self.potential.strengths)
        E = levels(forms, self.system, self.n)
        target: Any = BandsTarget(E, jnp.ones_like(E), Absolute(), False)
        spectrum = Spectrum(
            self.system,
            self.kpoints,
            (target,),
            (),
            "sample",
            self.n,
            self.occupied,
            self.spinor,
        )
        return Objective(self._parameters(), (spectrum,))

    def start(self) -> jax.Array:
        """Return θ of the potential."""
        return self._parameters().start()

    def _parameters(self) -> Parameters:
        """Return the trained parameters."""
        train = ("local", "spin_orbit", "nonlocal") if self.spinor else ("local",)
        return Parameters(self.potential, train)


def _with_network(forms: Potential) -> Potential:
    """Return the forms under a wide envelope with a small random network."""
    species = forms.species
    network = Network(Bare(), (20, 20, 20), len(species), last=STARTS["xavier"], scale=0.1)
    fixed = tuple(map(tuple, zunger(*species).a.tolist()))
    local = Neural(None, fixed, network, Gaussian(4.0)).redraw(jax.random.key(0))
    return replace(forms, local=local)


def zb_cdse() -> Sample:
    """Return zb-CdSe: 10 hartree, 61 k-points of its path, 8 levels."""
    crystal, cutoff = CRYSTALS["zb-CdSe"]
    every = path(crystal, None, 61)
    k = listed(crystal, every.fractional[:61])
    potential = _with_network(published("Cd", "Se"))
    return Sample(crystal, k, system(crystal, k, cutoff, PER_K), potential, 8, 4)


def cspbi3(cutoff: float = 6.0, count: int = 21) -> Sample:
    """Return CsPbI₃ with spin-orbit coupling, 32 levels."""
    crystal = perovskite()
    every = path(crystal, None, count)
    k = listed(crystal, every.fractional[:count])
    potential = _with_network(published_cspbi3())
    return Sample(crystal, k, system(crystal, k, cutoff, PER_K), potential, 32, 26)


SAMPLES: dict[str, Callable[[], Sample]] = {"zb-CdSe": zb_cdse, "CsPbI3": cspbi3}
