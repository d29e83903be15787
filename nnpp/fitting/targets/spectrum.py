"""A spectrum: the levels of one system, solved once for all targets that use them.

Spectra of several systems are solved together: their k-points share devices and programs.

∂r/∂θ = (∂r/∂E)·(∂E/∂x)·(∂x/∂θ): from the target, from the states (Hellmann-Feynman), and from
the potential at the shells of the system; no solver is differentiated.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int

from nnpp.eigensolvers.choice import automatic
from nnpp.eigensolvers.wanted import Solver
from nnpp.fitting.objective import Theta
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.levels import BandsTarget, bands_among
from nnpp.hamiltonian.bulk import System, at_shells
from nnpp.observables.bands import Bands, all_levels, check_level_count
from nnpp.observables.batched import LevelRequest
from nnpp.observables.slopes import levels_and_slopes
from nnpp.pytree import pytree, static
from nnpp.structures.kpoints import KPoints

Target = Callable[[Bands], Float[Array, " residual"]]
"""Residuals of anything that the levels of one system determine."""

Levels = Float[Array, "k level"]


@pytree
class Spectrum:
    """One system and its targets.

    Attributes:
        system: plane waves and all that atoms and k-points fix, at the k-points that symmetry
            does not make equal.
        kpoints: the k-points of the targets.
        targets: targets of its levels.
        held: held-out targets, which the fit does not use.
        name: of the system.
        n: number of levels solved at each k.
        occupied: how many of them are occupied.
        spinor: whether each holds one electron.
        solve: the eigensolver.
        place: for each k-point, the k of `system` with its levels; None if they are the same.
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

    def observe(self, parameters: Parameters, theta: Theta) -> Levels:
        """Return E at every k-point [hartree]; differentiable."""
        return self.observe_together([self], parameters, theta)[0]

    def linear(
        self, parameters: Parameters, theta: Theta
    ) -> tuple[Levels, Float[Array, "k level parameter"]]:
        """Return E and ∂E/∂θ, from one solution."""
        return self.linear_together([self], parameters, theta)[0]

    @staticmethod
    def observe_together(
        sources: "Sequence[Spectrum]", parameters: Parameters, theta: Theta
    ) -> list[Levels]:
        """Return E of all spectra [hartree]; differentiable."""
        found = all_levels([s.request(parameters, theta) for s in sources])
        return [s.at_kpoints(E) for s, E in zip(sources, found, strict=True)]

    @staticmethod
    def linear_together(
        sources: "Sequence[Spectrum]", parameters: Parameters, theta: Theta
    ) -> list[tuple[Levels, Float[Array, "k level parameter"]]]:
        """Return E and ∂E/∂θ of all spectra, from one solution of each."""
        found = levels_and_slopes([s.request(parameters, theta) for s in sources])
        flat = jax.vmap(jax.vmap(lambda tree: ravel_pytree(tree)[0]))
        return [
            (s.at_kpoints(E), s.at_kpoints(flat(slopes) @ s.slope(parameters, theta)))
            for s, (E, slopes) in zip(sources, found, strict=True)
        ]

    def request(self, parameters: Parameters, theta: Theta) -> LevelRequest:
        """Return what is to be solved."""
        potential = parameters.put(theta)
        check_level_count(potential, self.system, self.n)
        return LevelRequest(at_shells(potential, self.system), self.system, self.n, self.solve)

    def slope(self, parameters: Parameters, theta: Theta) -> Float[Array, "number parameter"]:
        """Return ∂x/∂θ of all numbers x that the system takes from the potential."""

        def flat(theta: Theta) -> Float[Array, " number"]:
            return ravel_pytree(at_shells(parameters.put(theta), self.system))[0]

        return jacobian(flat, theta)

    def at_kpoints(self, x: Float[Array, "distinct ..."]) -> Float[Array, "k ..."]:
        """Return results at every k-point, from those at the k of `system`."""
        return x if self.place is None else x[self.place]

    def at_distinct(self, E: Levels) -> Float[Array, "distinct level"]:
        """Return levels at the k of `system`, from those at every k-point."""
        if self.place is None:
            return E
        return E[np.unique(np.asarray(self.place), return_index=True)[1]]

    def bands(self, E: Levels) -> Bands:
        """Return levels with their k-points and occupation."""
        return Bands(self.kpoints, E, self.occupied, self.spinor)

    def residuals(self, E: Levels) -> Float[Array, " residual"]:
        """Return r of all targets [hartree]."""
        return self._all(self.targets, E)

    def held_out(self, E: Levels) -> Float[Array, " residual"]:
        """Return r of the held-out targets [hartree]."""
        return self._all(self.held, E)

    def errors(self, E: Levels) -> tuple[np.ndarray, np.ndarray]:
        """Return E − E_ref of all fitted and of all held-out levels [hartree]."""
        bands, sides = self.bands(E), map(bands_among, (self.targets, self.held))
        none = np.zeros(0)
        fitted, held = (none if t is None else t.weighted_errors(bands) for t in sides)
        return fitted, held

    def _all(self, targets: tuple[Target, ...], E: Levels) -> Array:
        bands = self.bands(E)
        return jnp.concatenate([jnp.zeros(0), *(t(bands) for t in targets)])

    @property
    def reference(self) -> BandsTarget | None:
        """The reference bands that are fitted."""
        return bands_among(self.targets)

    def weighted(self) -> Bool[np.ndarray, " k"] | None:
        """Return whether each k-point of the reference bands has a weight."""
        return None if self.reference is None else self.reference.seen

    def reweighted(self, counts: Float[Array, " k"]) -> "Spectrum":
        """Return the spectrum with every k-point counted as often as given."""
        targets = (
            replace(t, weights=t.weights * counts[:, None]) if isinstance(t, BandsTarget) else t
            for t in self.targets
        )
        return replace(self, targets=tuple(targets))

    def eased(self) -> "Spectrum":
        """Return the spectrum with the mean weight for all levels, fitted and held out.

        Levels are matched in the order of energy: two that should cross attract a fit that has
        them in the wrong order. With even weights all other levels pull it past such places.
        """
        w = [t.weights for t in self.targets + self.held if isinstance(t, BandsTarget)]
        count = sum((jnp.sum(x > 0) for x in w), start=jnp.zeros(()))
        mean = sum(map(jnp.sum, w), start=jnp.zeros(())) / jnp.maximum(count, 1)
        even = (
            tuple(t.with_even_weight(mean) if isinstance(t, BandsTarget) else t for t in side)
            for side in (self.targets, self.held)
        )
        return replace(self, targets=next(even), held=next(even))

    def aligned(self, E: Levels) -> Levels:
        """Return levels from the zero of energy of the reference bands [hartree]."""
        target = self.reference
        return E if target is None else E - target.zero(target.counted(self.bands(E)))


def jacobian(
    f: Callable[[Float[Array, " n"]], Float[Array, " m"]], x: Float[Array, " n"]
) -> Float[Array, "m n"]:
    """Return ∂f/∂x, by rows or by columns, whichever are fewer."""
    few_rows = jax.eval_shape(f, x).shape[0] < x.shape[0]
    return (jax.jacrev if few_rows else jax.jacfwd)(f)(x)
