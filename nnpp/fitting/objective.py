"""The objective: L(θ) = Σ r(θ)², over the residuals of all sources."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nnpp.fitting import spectrum
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.spectrum import Spectrum
from nnpp.pytree import pytree

Theta = Float[Array, " parameter"]


@runtime_checkable  # beartype looks at sources in the tests
class Source(Protocol):
    """Something that a potential can be held against: a spectrum, a prior."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def observe(self, parameters: Parameters, theta: Theta, /) -> Array:
        """y(θ)."""
        ...

    def linear(self, parameters: Parameters, theta: Theta, /) -> tuple[Array, Array]:
        """Y and ∂y/∂θ, θ along the last axis."""
        ...

    def residuals(self, y: Array, /) -> Float[Array, " residual"]:
        """r(y) [hartree]."""
        ...

    def held_out(self, y: Array, /) -> Float[Array, " residual"]:
        """r(y) of what the fit may not see [hartree]."""
        ...


@pytree
class Measured:
    """What one evaluation tells.

    Attributes:
        y: what was observed of each source.
        losses: Σ r² of each source [hartree²].
        held: the same of what the fit may not see.
    """

    y: tuple[Array, ...]
    losses: Float[Array, " source"]
    held: Float[Array, " source"]

    @property
    def loss(self) -> Float[Array, ""]:
        """L [hartree²]."""
        return jnp.sum(self.losses)


@pytree
class Objective:
    """What a fit makes small.

    Attributes:
        parameters: what moves.
        sources: what the potential is held against.
    """

    parameters: Parameters
    sources: tuple[Source, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the sources."""
        return tuple(source.name for source in self.sources)

    def measure(self, theta: Theta) -> Measured:
        """L at θ; differentiable."""
        return self._measured(tuple(self._of_all(spectrum.observe, "observe", theta)))

    def linear(self, theta: Theta) -> tuple[Measured, Array, Array]:
        """L, r and J = ∂r/∂θ at θ."""
        pairs = self._of_all(spectrum.linear, "linear", theta)
        rows = []
        for source, (y, dy) in zip(self.sources, pairs, strict=True):
            r, push = jax.linearize(source.residuals, y)
            rows.append((r, jax.vmap(push, in_axes=-1, out_axes=-1)(dy)))
        r, J = (jnp.concatenate(parts) for parts in zip(*rows, strict=True))
        return self._measured(tuple(y for y, _ in pairs)), r, J

    def _of_all(self, together: Callable, alone: str, theta: Theta) -> list[Any]:
        """Of every source: spectra together, each other one alone."""
        spectra = [s for s in self.sources if isinstance(s, Spectrum)]
        found = iter(together(spectra, self.parameters, theta))
        return [
            next(found)
            if isinstance(s, Spectrum)
            else getattr(s, alone)(self.parameters, theta)
            for s in self.sources
        ]

    def _measured(self, y: tuple[Array, ...]) -> Measured:
        """Losses from what was observed."""
        both = list(zip(self.sources, y, strict=True))
        losses = [jnp.sum(s.residuals(x) ** 2) for s, x in both]
        held = [jnp.sum(s.held_out(x) ** 2) for s, x in both]
        return Measured(y, jnp.stack(losses), jnp.stack(held))
