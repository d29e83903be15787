"""The objective: L(θ) = Σ r(θ)², over the residuals of all sources; it knows no model."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Bool, Float

from nnpp.errors import InputError
from nnpp.fitting.parameters import Parameters
from nnpp.pytree import pytree

Theta = Float[Array, " parameter"]


@runtime_checkable  # beartype checks sources in the tests
class Source(Protocol):
    """A source of residuals: numbers y(θ) of a model, compared with target values."""

    @property
    def name(self) -> str:
        """Its name in messages."""
        ...

    def observe(self, parameters: Parameters, theta: Theta, /) -> Array:
        """Return y(θ); differentiable."""
        ...

    def linear(self, parameters: Parameters, theta: Theta, /) -> tuple[Array, Array]:
        """Return y and ∂y/∂θ, with θ along the last axis."""
        ...

    def residuals(self, y: Array, /) -> Float[Array, " residual"]:
        """Return r(y), what is fitted [hartree]."""
        ...

    def held_out(self, y: Array, /) -> Float[Array, " residual"]:
        """Return r(y) of held-out data, which the fit does not use [hartree]."""
        ...


@runtime_checkable
class JointSource(Source, Protocol):
    """A source whose class evaluates all its sources in an objective together."""

    @staticmethod
    def observe_together(sources: Sequence, parameters: Parameters, theta: Theta) -> list:
        """Return `observe` of every source."""
        ...

    @staticmethod
    def linear_together(sources: Sequence, parameters: Parameters, theta: Theta) -> list:
        """Return `linear` of every source."""
        ...


@runtime_checkable
class PreparedSource(Source, Protocol):
    """A source with numbers that are found outside compiled programs, as states of a dot."""

    def prepared(self, parameters: Parameters, theta: Theta, /) -> Source:
        """Return the source for evaluations at θ, which must be concrete numbers."""
        ...


@runtime_checkable
class EasedSource(Source, Protocol):
    """A source with an easier form of the same shape, which early steps of a fit may use."""

    def eased(self) -> Source:
        """Return the easier source."""
        ...


@runtime_checkable
class LevelSource(Source, Protocol):
    """A source of levels, whose errors are energies and are compared without weights."""

    def errors(self, y: Array, /) -> tuple[np.ndarray, np.ndarray]:
        """Return the errors of all fitted and of all held-out levels [hartree]."""
        ...


@runtime_checkable
class SampledSource(Source, Protocol):
    """A source whose data are samples, such as k-points, from which a bootstrap can draw."""

    def weighted(self) -> Bool[np.ndarray, " sample"] | None:
        """Return which samples have a weight; None without any sample."""
        ...

    def reweighted(self, counts: Float[Array, " sample"]) -> Source:
        """Return the source with every sample counted as often as given."""
        ...


@pytree
class Measured:
    """One evaluation of an objective.

    Attributes:
        y: the numbers of each source.
        losses: Σ r² of each source [hartree²].
        held: the same of held-out data.
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
    """What a fit minimises.

    Attributes:
        parameters: the model and its trained parts.
        sources: where residuals come from.
    """

    parameters: Parameters
    sources: tuple[Source, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sources."""
        return tuple(source.name for source in self.sources)

    def measure(self, theta: Theta) -> Measured:
        """Return the losses at θ; differentiable."""
        return self._measured(tuple(self._evaluate("observe", theta)))

    def linear(self, theta: Theta) -> tuple[Measured, Array, Array]:
        """Return the losses, r and J = ∂r/∂θ at θ."""
        pairs = self._evaluate("linear", theta)
        rows = []
        for source, (y, dy) in zip(self.sources, pairs, strict=True):
            r, push = jax.linearize(source.residuals, y)
            rows.append((r, jax.vmap(push, in_axes=-1, out_axes=-1)(dy)))
        r, J = (jnp.concatenate(parts) for parts in zip(*rows, strict=True))
        return self._measured(tuple(y for y, _ in pairs)), r, J

    def level_rms(self, measured: Measured) -> tuple[float, float]:
        """Return the RMS error of fitted and of held-out levels [hartree]; NaN without any.

        It is a mean over levels without weights: a loss is a sum, which depends on how many
        k-points are fitted and how many are held out.
        """
        errors = [
            source.errors(y)
            for source, y in zip(self.sources, measured.y, strict=True)
            if isinstance(source, LevelSource)
        ]
        fitted, held = ([e[side] for e in errors] for side in (0, 1))
        return _rms(fitted), _rms(held)

    def prepared(self, theta: Theta) -> "Objective":
        """Return the objective for evaluations at θ; called outside compiled programs."""
        return replace(self, sources=tuple(self._prepared(s, theta) for s in self.sources))

    def _prepared(self, source: Source, theta: Theta) -> Source:
        """Return a source for evaluations at θ."""
        if not isinstance(source, PreparedSource):
            return source
        if isinstance(theta, Tracer):
            what = f"{source.name}: ensembles cannot fit it"
            raise InputError(what, "train one member, or remove the target")
        return source.prepared(self.parameters, theta)

    def eased(self) -> "Objective":
        """Return the objective with every source in its easier form, if it has one."""
        return replace(
            self,
            sources=tuple(s.eased() if isinstance(s, EasedSource) else s for s in self.sources),
        )

    def _evaluate(self, method: str, theta: Theta) -> list[Any]:
        """Call `observe` or `linear` of all sources, joint ones first and together."""
        found: dict[int, Any] = {}
        for kind in dict.fromkeys(type(s) for s in self.sources if isinstance(s, JointSource)):
            which = [i for i, s in enumerate(self.sources) if type(s) is kind]
            together = getattr(kind, f"{method}_together")
            results = together([self.sources[i] for i in which], self.parameters, theta)
            found |= dict(zip(which, results, strict=True))
        return [
            found[i] if i in found else getattr(s, method)(self.parameters, theta)
            for i, s in enumerate(self.sources)
        ]

    def _measured(self, y: tuple[Array, ...]) -> Measured:
        both = list(zip(self.sources, y, strict=True))
        losses = [jnp.sum(s.residuals(x) ** 2) for s, x in both]
        held = [jnp.sum(s.held_out(x) ** 2) for s, x in both]
        return Measured(y, jnp.stack(losses), jnp.stack(held))


def _rms(parts: list[np.ndarray]) -> float:
    """Return the root mean square over all parts; NaN if they are empty."""
    x = np.concatenate([np.zeros(0), *parts])
    return float(np.sqrt(np.mean(x**2))) if x.size else float("nan")
