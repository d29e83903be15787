"""The search space of a fit, and the fit with other values of its hyperparameters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

from nnpp.config.fit_yaml import plain
from nnpp.config.inputs import Fit
from nnpp.config.spec import FitSpec, validated
from nnpp.config.tuning import (
    CURVATURE,
    DAMPING,
    EDGES,
    LAYERS,
    SIZE,
    TABLE,
    WIDTH,
    Dimension,
    Value,
)
from nnpp.fitting.levenberg_marquardt import FIRST
from nnpp.setup.cases import Case

Space = dict[str, Dimension]
Tree = dict[str, Any]
Cases = Sequence[Case]

HIDDEN = "potential.network.hidden"


def space_of(spec: FitSpec) -> Space:
    """Return the requested hyperparameters, by default all that the fit has and may vary."""
    if not spec.potential.tunable:
        what = f"a potential of kind {spec.potential.kind} has no network to tune"
        raise spec.origin.error(what, "write kind: neural, or use `nnpp fit`", "potential")
    requested = {} if spec.tune is None else spec.tune.dimensions
    for key in requested:
        if not _has(spec, key):
            what = f"{key}: this fit has no such setting"
            raise spec.origin.error(what, "remove it", "tune", "space", key)
    # Without a reference the network is all of v, and a prior would suppress v itself.
    unsafe = (SIZE, CURVATURE) if spec.potential.without_reference else ()
    default = [key for key in TABLE if _has(spec, key) and key not in unsafe]
    return requested or {key: TABLE[key] for key in default}


def _has(spec: FitSpec, key: str) -> bool:
    """Return whether the fit has this setting; for example, not all features have a width."""
    if key == DAMPING:
        return spec.fit.method == "lm"
    if key == EDGES:
        return any(system.reference is not None for system in spec.systems)
    return key in (LAYERS, WIDTH) or _at(plain(spec), key) is not None


def rounded(space: Space, drawn: Mapping[str, Value]) -> dict[str, Value]:
    """Return the drawn values, rounded to three digits."""
    return {key: dimension.nearest(drawn[key]) for key, dimension in space.items()}


def own_values(fit: Fit, space: Space, cases: Cases) -> dict[str, Value]:
    """Return the values of the fit itself, or the nearest values in the space."""
    data = plain(fit.spec)
    own = {key: OWN[key](data, cases) if key in OWN else _at(data, key) for key in space}
    return rounded(space, own)


def with_values(fit: Fit, values: Mapping[str, Value], cases: Cases) -> Fit:
    """Return the fit with other values, validated like any fit."""
    data = {key: section for key, section in plain(fit.spec).items() if key != "tune"}
    for key, value in values.items():
        data = PUT[key](data, value, cases) if key in PUT else _put(data, key, value)
    return replace(fit, spec=validated(data, fit.spec.origin, Path.cwd()))


def _at(data: Tree, key: str) -> Any:
    """Return the value of a dotted key, None if it is missing."""
    return reduce(lambda tree, part: (tree or {}).get(part), key.split("."), data)


def _put(data: Tree, key: str, value: Any) -> Tree:
    """Return the tree with another value of a dotted key."""
    first, _, rest = key.partition(".")
    return data | {first: _put(data[first], rest, value) if rest else value}


def _put_edges(data: Tree, weight: Any, cases: Cases) -> Tree:
    """Set the weight of both band edges of every system."""
    both = zip(data["systems"], cases, strict=True)
    return data | {"systems": [_with_edges(system, case, weight) for system, case in both]}


def _with_edges(system: Tree, case: Case, weight: Any) -> Tree:
    """Return a system with this weight of its band edges, if it has a reference."""
    if case.reference is None:
        return system
    weights, edges = _weights(system, case), _edges(case)
    both = [weight] * len(weights[edges])
    return _put(system, "weights.bands", weights[: edges.start] + both + weights[edges.stop :])


def _own_edges(data: Tree, cases: Cases) -> float:
    """Return the largest weight of a band edge."""
    both = zip(data["systems"], cases, strict=True)
    compared = [(system, case) for system, case in both if case.reference is not None]
    return max(max(_weights(system, case)[_edges(case)]) for system, case in compared)


def _weights(system: Tree, case: Case) -> list[float]:
    """Return the weight of every band of the reference; the default is 1."""
    assert case.reference is not None, "weights need a reference"
    count = system.get("bands") or case.reference.E.shape[1]
    return list(system["weights"].get("bands") or [1.0] * count)


def _edges(case: Case) -> slice:
    """Return the indices of the highest full and the lowest empty level."""
    full = case.occupied_in_reference
    return slice(max(0, full - case.times), full + case.times)


OWN: dict[str, Callable[[Tree, Cases], Any]] = {
    LAYERS: lambda data, cases: len(_at(data, HIDDEN)),
    WIDTH: lambda data, cases: max(_at(data, HIDDEN)),
    DAMPING: lambda data, cases: _at(data, DAMPING) or FIRST,
    EDGES: _own_edges,
}
PUT: dict[str, Callable[[Tree, Any, Cases], Tree]] = {
    # New layers are as wide as the widest was.
    LAYERS: lambda data, layers, _: _put(data, HIDDEN, [max(_at(data, HIDDEN))] * layers),
    WIDTH: lambda data, width, _: _put(data, HIDDEN, [width] * len(_at(data, HIDDEN))),
    EDGES: _put_edges,
}
"""How settings that are not keys of fit.yaml are read from it and written to it."""
