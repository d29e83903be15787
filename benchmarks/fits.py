"""Fits of the shipped inputs, step by step, for benchmarks that compare methods."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import jax

from nnpp.config.fit_yaml import plain
from nnpp.config.inputs import Fit, read_inputs
from nnpp.config.spec import validated
from nnpp.fitting.method import Method
from nnpp.fitting.objective import Objective
from nnpp.setup.cases import Case
from nnpp.setup.objective import objective_of
from nnpp.setup.potential import start_of
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV

INPUTS = Path(__file__).parents[1] / "inputs"
TABLES = Path(__file__).parent / "tables"


def shipped(name: str) -> str:
    """Return the fit.yaml of a shipped fit with absolute paths of its references."""
    text = (INPUTS / name / "fit.yaml").read_text("utf-8")
    return text.replace("../reference", str(INPUTS / "reference"))


def read(folder: Path, **potential: Any) -> tuple[Fit, list[Case]]:
    """Return a fit and its systems, with some entries of its potential changed."""
    fit = read_inputs(folder)
    data = plain(fit.spec)
    for key, value in potential.items():
        both = isinstance(value, dict) and isinstance(data["potential"].get(key), dict)
        data["potential"][key] = data["potential"][key] | value if both else value
    fit = replace(fit, spec=validated(data, fit.spec.origin, folder))
    return fit, prepare(fit)


def started(fit: Fit, cases: list[Case]) -> Objective:
    """Return the objective of a fit at its start values."""
    return objective_of(fit, cases, start_of(fit.spec.potential))


def steps(objective: Objective, method: Method) -> Iterator[tuple[Any, float]]:
    """Yield each state, from the start on, and the seconds it took."""
    theta = objective.parameters.start()
    state: Any = None

    def first() -> Any:
        return method.start(objective, theta, jax.random.key(0))

    make: Callable[[], Any] = first
    while True:
        began = perf_counter()
        state = jax.block_until_ready(make())
        yield state, perf_counter() - began
        make = lambda: method.advance(objective, state)  # noqa: B023, E731 -- called at once


def loss_ev2(state: Any) -> float:
    """Return the lowest loss so far [eV²]."""
    return float(state.lowest) * HARTREE_EV**2
