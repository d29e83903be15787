"""A spectrum: the levels of one system, solved once for all targets that look at them.

Those of several systems are solved together: their k-points share devices and programs.

∂r/∂θ = (∂r/∂E)·(∂E/∂x)·(∂x/∂θ): from the target, from the states (Hellmann and Feynman), and
from the potential at the shells of the system; no solver is differentiated.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from nnpp.eigensolvers.choice import automatic
from nnpp.eigensolvers.wanted import Solver
from nnpp.fitting.jacobian import jacobian
from nnpp.fitting.parameters import Parameters
from nnpp.hamiltonian.bulk import System, at_shells
from nnpp.observables.bands import Bands, all_levels, check_room
from nnpp.observables.batched import LevelRequest
from nnpp.observables.slopes import levels_and_slopes
from nnpp.pytree import pytree, static
from nnpp.structures.kpoints import KPoints

Target = Callable[[Bands], Float[Array, " residual"]]
"""Residuals of whatever the levels of one system tell."""


@pytree
class Spectrum:
    """One system and its targets.

    Attributes:
        system: its plane waves and all that atoms and k-points fix, at k that symmetry keeps
            apart.
        kpoints: where levels are looked at.
        targets: what its levels should be.
        held: the same for what the fit may not see.
        name: of the system.
        n: levels solved for at each k.
        occupied: how many of them are full.
        spinor: whether each holds one electron.
        solve: the eigensolver.
        place: which k of `system` has the levels of each k-point; None: the same ones.
    """

    system: System
    kpoints: KPoints
    targets: tuple[Target, ...]
    held: tuple[Target, ...]
    name: str = static()
    n: int = static()
    occupied: int = static()
    spinor: bool = static()
    solve: Solver = static(default=automatic)
    place: Int[Array, " k"] | None = None

    def observe(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> Float[Array, "k level"]:
        """E at every k [hartree]; differentiable."""
        return observe([self], parameters, theta)[0]

    def linear(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> tuple[Float[Array, "k level"], Float[Array, "k level parameter"]]:
        """E and ∂E/∂θ, from one solution."""
        return linear([self], parameters, theta)[0]

    def asked(self, parameters: Parameters, theta: Float[Array, " parameter"]) -> LevelRequest:
        """What is to be solved."""
        potential = parameters.put(theta)
        check_room(potential, self.system, self.n)
        return LevelRequest(at_shells(potential, self.system), self.system, self.n, self.solve)

    def slope(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> Float[Array, "number parameter"]:
        """∂x/∂θ of all numbers x that the potential sends into the system."""

        def flat(theta):
            return ravel_pytree(at_shells(parameters.put(theta), self.system))[0]

        return jacobian(flat, theta)

    def at_all(self, x: Float[Array, "distinct ..."]) -> Float[Array, "k ..."]:
        """What was found at the k of `system`, at each k-point."""
        return x if self.place is None else x[self.place]

    def at_distinct(self, E: Float[Array, "k level"]) -> Float[Array, "distinct level"]:
        """Levels at the k of `system`, from those at each k-point."""
        if self.place is None:
            return E
        return E[np.unique(np.asarray(self.place), return_index=True)[1]]

    def residuals(self, E: Float[Array, "k level"]) -> Float[Array, " residual"]:
        """R of all targets [hartree]."""
        return self._all(self.targets, E)

    def held_out(self, E: Float[Array, "k level"]) -> Float[Array, " residual"]:
        """R of what the fit may not see [hartree]."""
        return self._all(self.held, E)

    def _all(self, targets: tuple[Target, ...], E: Array) -> Array:
        bands = Bands(self.kpoints, E, self.occupied, self.spinor)
        return jnp.concatenate([jnp.zeros(0), *(t(bands) for t in targets)])


def observe(
    spectra: Sequence[Spectrum], parameters: Parameters, theta: Float[Array, " parameter"]
) -> list[Float[Array, "k level"]]:
    """E of all spectra [hartree]; differentiable."""
    found = all_levels([s.asked(parameters, theta) for s in spectra])
    return [s.at_all(E) for s, E in zip(spectra, found, strict=True)]


def linear(
    spectra: Sequence[Spectrum], parameters: Parameters, theta: Float[Array, " parameter"]
) -> list[tuple[Float[Array, "k level"], Float[Array, "k level parameter"]]]:
    """E and ∂E/∂θ of all spectra, from one solution of each."""
    found = levels_and_slopes([s.asked(parameters, theta) for s in spectra])
    flat = jax.vmap(jax.vmap(lambda tree: ravel_pytree(tree)[0]))
    both = zip(spectra, found, strict=True)
    return [
        (s.at_all(E), s.at_all(flat(slopes) @ s.slope(parameters, theta)))
        for s, (E, slopes) in both
    ]
