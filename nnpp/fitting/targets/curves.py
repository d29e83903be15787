"""Targets that are curves of q: r = A(q)·(c(θ, q) − c₀(q)); no levels are solved.

A form: c = v_s(q). A prior: r² = w·∫|m|² dq, where m measures u = v − v⁰, what a fit adds to a
form factor: its size in space, by Parseval's theorem m = q·u with ∫|u(r)|² d³r =
(2π²)⁻¹ ∫|q·u(q)|² dq, or its curvature, m = d²u/dq². Trapezoids on a grid of q. The tail is the
size beyond the longest |G−G′| of any basis, which no level depends on.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.fitting.parameters import Parameters
from nnpp.potentials.interface import FormFactors
from nnpp.pytree import pytree, static

Measure = Callable[[FormFactors, Float[Array, " q"]], Float[Array, "q species"]]


class Curve:
    """A source of residuals along a curve on the grid `q`."""

    q: Float[Array, " q"]

    def amplitudes(self) -> Float[Array, " q"]:
        """Return A, the square roots of the weights along q."""
        raise NotImplementedError

    def curve(self, model: Any, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """Return c; each row depends on its own q alone."""
        raise NotImplementedError

    def wanted(self) -> Float[Array, "q species"]:
        """Return c₀, the target of c."""
        raise NotImplementedError

    def observe(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> Float[Array, " residual"]:
        """Return r."""
        c = self.curve(parameters.put(theta), self.q)
        return (self.amplitudes()[:, None] * (c - self.wanted())).reshape(-1)

    def linear(
        self, parameters: Parameters, theta: Float[Array, " parameter"]
    ) -> tuple[Float[Array, " residual"], Float[Array, "residual parameter"]]:
        """Return r and ∂r/∂θ."""

        def c(theta: Float[Array, " parameter"], q: Float[Array, ""]) -> Array:
            return self.curve(parameters.put(theta), q[None])[0]

        slopes = jax.vmap(jax.jacrev(c), in_axes=(None, 0))(theta, self.q)
        J = self.amplitudes()[:, None, None] * slopes
        return self.observe(parameters, theta), J.reshape(-1, theta.size)

    def residuals(self, r: Float[Array, " residual"]) -> Float[Array, " residual"]:
        """Return r."""
        return r

    def held_out(self, r: Float[Array, " residual"]) -> Float[Array, " 0"]:
        """Return nothing: no part of a curve is held out."""
        return r[:0]


@pytree
class FormTarget(Curve):
    """A form that a network learns before it learns bands: r = √w(q)·(v_s(q) − v⁰_s(q)).

    Attributes:
        q: the grid [bohr⁻¹].
        v: v⁰_s there [hartree·bohr³].
        weights: w at each q.
        name: its name in messages.
    """

    q: Float[Array, " q"]
    v: Float[Array, "q species"]
    weights: Float[Array, " q"]
    name: str = static(default="form")

    def curve(self, model: Any, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """Return v_s(q) [hartree·bohr³]."""
        return model.local(q)

    def wanted(self) -> Float[Array, "q species"]:
        """Return v⁰_s(q)."""
        return self.v

    def amplitudes(self) -> Float[Array, " q"]:
        """Return √w."""
        return jnp.sqrt(self.weights)


def size(u: FormFactors, q: Float[Array, " q"]) -> Float[Array, "q species"]:
    """Return q·u(q) [hartree·bohr²]."""
    return q[:, None] * u(q)


def curvature(u: FormFactors, q: Float[Array, " q"]) -> Float[Array, "q species"]:
    """Return d²u/dq² [hartree·bohr⁵]."""

    def slope(q: Float[Array, " q"]) -> Float[Array, "q species"]:
        return jax.jvp(u, (q,), (jnp.ones_like(q),))[1]

    return jax.jvp(slope, (q,), (jnp.ones_like(q),))[1]


@pytree
class Prior(Curve):
    """A prior on what a fit adds to the form factors.

    Attributes:
        q: the grid [bohr⁻¹].
        weight: w, such that w·∫|m|² dq is a loss [hartree²].
        before: m of v⁰ on the grid, zero for a network without a reference form.
        measure: m.
        name: its name in messages.
    """

    q: Float[Array, " q"]
    weight: Float[Array, ""]
    before: Float[Array, "q species"]
    measure: Measure = static()
    name: str = static()

    def curve(self, model: Any, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        """Return m."""
        return self.measure(model.local, q)

    def wanted(self) -> Float[Array, "q species"]:
        """Return m of v⁰."""
        return self.before

    def amplitudes(self) -> Float[Array, " q"]:
        """Return √(w dq)."""
        apart = jnp.diff(self.q)
        return jnp.sqrt(self.weight * (jnp.pad(apart, (0, 1)) + jnp.pad(apart, (1, 0))) / 2)

    def eased(self) -> "Prior":
        """Return the prior with zero weight."""
        return replace(self, weight=jnp.zeros_like(self.weight))


def prior(
    name: str, measure: Measure, weight: float, q: Float[Array, " q"], start: FormFactors
) -> Prior:
    """Return a prior that is zero for `start`."""
    return Prior(q, jnp.asarray(weight), measure(start, q), measure, name)
