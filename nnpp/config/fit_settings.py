"""How a fit goes about it: method, steps, learning rate, what is held out, priors, seed."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from nnpp.config.section import Count, NotNegative, Positive, Real, Section, Share, Whole


class Exponential(Section):
    """A learning rate that falls by a factor every so many steps."""

    kind: Literal["exponential"] = Field(description="Falls by a factor.")
    decay: Annotated[Positive, Field(le=1)] = Field(description="The factor.")
    every: Count = Field(default=1, description="Steps between two falls.")


class Priors(Section):
    """What keeps v smooth where no level sees it."""

    size: NotNegative = Field(default=0.0, description="Weight of ∫(q·u)² dq, u = v − v⁰.")
    curvature: NotNegative = Field(default=0.0, description="Weight of ∫(d²u/dq²)² dq.")
    tail: NotNegative = Field(default=0.0, description="Weight of ∫(q·u)² dq beyond the basis.")


class Annealing(Section):
    """A random walk over the parameters (Metropolis)."""

    moves: Whole = Field(description="Moves tried.")
    size: NotNegative = Field(
        description="Size of a move, in the meaning that `mode` gives it."
    )
    beta: NotNegative = Field(description="Inverse temperature [eV⁻¹].")
    mode: Annotated[Count, Field(le=8)] = Field(
        default=1, description="Which parameters move, and how."
    )


class FitSettings(Section):
    """How the potential is fitted."""

    method: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        default="lm", description="lm (Levenberg-Marquardt), lbfgs, adam, or any optax name."
    )
    steps: Whole = Field(default=60, description="Most steps.")
    tolerance: NotNegative = Field(
        default=1e-6,
        description="Relative fall of the loss below which lm ends, and that patience counts.",
    )
    damping: Positive | None = Field(
        default=None, description="First λ of lm, in units of max diag JᵀJ; by default its own."
    )
    learning_rate: Positive = Field(default=1e-3, description="Learning rate of optax methods.")
    options: dict[str, Whole | Real] = Field(
        default={}, description="More numbers for the optax method, as b1 or momentum."
    )
    schedule: Exponential | None = Field(default=None, description="How the rate falls.")
    patience: Count | None = Field(
        default=None, description="Steps without improvement after which the fit ends."
    )
    hold_out: Share = Field(default=0.0, description="Share of k-points held out of the fit.")
    priors: Priors = Field(default=Priors(), description="What keeps v smooth.")
    eased: Whole = Field(
        default=0,
        description="Of the steps, the first so many with levels weighted evenly, no priors.",
    )
    annealing: Annealing | None = Field(default=None, description="A random walk, if wanted.")
    seed: Whole = Field(default=0, description="Seed of whatever is drawn at random.")
