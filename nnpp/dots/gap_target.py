"""The gap of a nanocrystal as a target of a fit.

    gap = Σ_i w_i ⟨x_i|H(θ)|x_i⟩,  Σ_c w_c = 1 over the lowest empty states,
                                   Σ_v w_v = −1 over the highest occupied ones,

and r = √w (gap − target). The states x_i are found before each evaluation (`prepared`), outside
compiled programs. They are stationary, so that the derivative by θ is Σ w_i ⟨x_i|∂H/∂θ|x_i⟩
(Hellmann and Feynman). Members of a degenerate edge have equal weights.
"""

from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nnpp.dots.edges import Edges, edges
from nnpp.errors import InputError
from nnpp.fitting.objective import Theta
from nnpp.fitting.parameters import Parameters
from nnpp.hamiltonian.dot import DotHamiltonian
from nnpp.hamiltonian.dot_system import DotSystem, hamiltonian
from nnpp.linalg.blocks import Block
from nnpp.potentials.potential import Potential
from nnpp.pytree import pytree, static

STATES = 4
"""States of each side."""

TOGETHER = 2e-5
"""Levels nearer to an edge than this belong to it [hartree]."""

TOLERANCE = 1e-5
"""|Hx − Ex| of each state [hartree]; the error of E is of the order of its square."""


@dataclass(eq=False)
class Fixed:
    """What compiled programs do not change.

    Attributes:
        system: the sites of the dot and its plane waves.
        found: the states of the last evaluation, from which the next search starts.
    """

    system: DotSystem
    found: Edges | None = None


@pytree
class DotGap:
    """The gap of a dot and its target value.

    Attributes:
        positions: positions of the sites [bohr].
        X: states at the edges, for one evaluation.
        w: weight of each state in the gap.
        value: the target [hartree].
        scale: √w.
        occupied: number of occupied states.
        name: its name in messages.
        fixed: the dot, and its last states.
    """

    positions: Float[Array, "site 3"]
    X: Block
    w: Float[Array, " state"]
    value: Float[Array, " 1"]
    scale: Float[Array, " 1"]
    occupied: int = static()
    name: str = static()
    fixed: Fixed = static()

    def prepared(self, parameters: Parameters, theta: Theta) -> "DotGap":
        """Return the source with the states at θ."""
        H = _hamiltonian(parameters.put(theta), self.positions, self.fixed)
        found = edges(
            H, self.occupied, STATES, STATES, tolerance=TOLERANCE, warm=self.fixed.found
        )
        if found.warning:
            raise InputError(f"{self.name}: {found.warning}", "remove the target dot_gap")
        self.fixed.found = found
        return replace(self, X=found.X, w=gap_weights(found.E, found.valence))

    def observe(self, parameters: Parameters, theta: Theta) -> Float[Array, " 1"]:
        """Return the gap [hartree]; differentiable."""
        X = jax.lax.stop_gradient(self.X)
        H = _hamiltonian(parameters.put(theta), self.positions, self.fixed)
        return (self.w @ jnp.sum(X * (H @ X), axis=(0, 1)))[None]

    def linear(
        self, parameters: Parameters, theta: Theta
    ) -> tuple[Float[Array, " 1"], Float[Array, "1 parameter"]]:
        """Return the gap and its derivative by θ."""

        def gap(x: Theta) -> Float[Array, ""]:
            return self.observe(parameters, x)[0]

        y, slope = jax.value_and_grad(gap)(theta)
        return y[None], slope[None]

    def residuals(self, y: Float[Array, " 1"]) -> Float[Array, " 1"]:
        """Return r [hartree]."""
        return self.scale * (y - self.value)

    def held_out(self, y: Float[Array, " 1"]) -> Float[Array, " 0"]:
        """Return nothing: the gap is not held out."""
        return y[:0]


def dot_gap(
    system: DotSystem, occupied: int, spinor: bool, value: float, weight: float, name: str
) -> DotGap:
    """Return the gap of a dot as a target.

    Args:
        system: the sites of the dot and its plane waves.
        occupied: number of occupied states; of spinors, of Kramers pairs.
        spinor: whether the potential acts on spin.
        value: the target [hartree].
        weight: factor on the squared error.
        name: its name in messages.
    """
    X = jnp.zeros((system.sphere.rows, 4 if spinor else 1, 2 * STATES))
    return DotGap(
        positions=system.positions,
        X=X,
        w=jnp.zeros(2 * STATES),
        value=jnp.asarray([float(value)]),
        scale=jnp.sqrt(jnp.asarray([float(weight)])),
        occupied=occupied,
        name=name,
        fixed=Fixed(system),
    )


def gap_weights(E: Float[Array, " state"], valence: int) -> Float[Array, " state"]:
    """Return the weight of each state in the gap.

    Args:
        E: levels, rising, valence levels first [hartree].
        valence: number of valence levels.
    """
    levels = np.asarray(E)
    v = (levels[:valence] > levels[valence - 1] - TOGETHER).astype(float)
    c = (levels[valence:] < levels[valence] + TOGETHER).astype(float)
    return jnp.asarray(np.concatenate([-v / v.sum(), c / c.sum()]))


@partial(jax.jit, static_argnums=2)
def _hamiltonian(
    potential: Potential, positions: Float[Array, "site 3"], fixed: Fixed
) -> DotHamiltonian:
    """Return H."""
    return hamiltonian(potential, replace(fixed.system, positions=positions))
