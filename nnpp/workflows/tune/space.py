"""From what a fit says to the numbers that its trials vary, and back to a fit with others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

from nnpp.config.fit_yaml import plain
from nnpp.config.inputs import Fit
from nnpp.config.potential import NeuralPotential
from nnpp.config.spec import FitSpec
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
from nnpp.config.validation import validated
from nnpp.fitting.levenberg_marquardt import FIRST
from nnpp.setup.cases import Case

Space = dict[str, Dimension]
Tree = dict[str, Any]
Cases = Sequence[Case]

HIDDEN = "potential.network.hidden"


def space_of(spec: FitSpec) -> Space:
    """What the fit asks for, else all of the table that it has and that is safe to vary."""
    if not isinstance(spec.potential, NeuralPotential):
        what = f"a potential of kind {spec.potential.kind} has no network to be tuned"
        raise spec.origin.error(what, "write kind: neural, or use `nnpp fit`", "potential")
    asked = {} if spec.tune is None else spec.tune.dimensions
    for key in asked:
        if not _has(spec, key):
            what = f"{key}: this fit has no such number"
            raise spec.origin.error(what, "remove it", "tune", "space", key)
    return asked or {key: TABLE[key] for key in TABLE if _has(spec, key) and _safe(spec, key)}


def _has(spec: FitSpec, key: str) -> bool:
    """Whether the fit has this number: not all features have a width."""
    if key == DAMPING:
        return spec.fit.method == "lm"
    if key == EDGES:
        return any(system.reference is not None for system in spec.systems)
    return key in (LAYERS, WIDTH) or _at(plain(spec), key) is not None


def _safe(spec: FitSpec, key: str) -> bool:
    """A prior on a network that stands alone is one on all of v, which is not small."""
    alone = isinstance(spec.potential, NeuralPotential) and spec.potential.start == "zero"
    return not (alone and key in (SIZE, CURVATURE))


def rounded(space: Space, drawn: Mapping[str, Value]) -> dict[str, Value]:
    """What is drawn, in numbers that can be read."""
    return {key: dimension.suggest(drawn[key]) for key, dimension in space.items()}


def own_values(fit: Fit, space: Space, cases: Cases) -> dict[str, Value]:
    """The numbers of the fit itself, or the nearest ones of the space."""
    data = plain(fit.spec)
    own = {key: OWN[key](data, cases) if key in OWN else _at(data, key) for key in space}
    return rounded(space, own)


def with_values(fit: Fit, values: Mapping[str, Value], cases: Cases) -> Fit:
    """The fit with other numbers, checked like any fit."""
    data = {key: said for key, said in plain(fit.spec).items() if key != "tune"}
    for key, value in values.items():
        data = PUT[key](data, value, cases) if key in PUT else _put(data, key, value)
    return replace(fit, spec=validated(data, fit.spec.origin, Path.cwd()))


def _at(data: Tree, key: str) -> Any:
    """What stands under a dotted key; None for nothing."""
    return reduce(lambda tree, part: (tree or {}).get(part), key.split("."), data)


def _put(data: Tree, key: str, value: Any) -> Tree:
    """The tree with another value under a dotted key."""
    first, _, rest = key.partition(".")
    return data | {first: _put(data[first], rest, value) if rest else value}


def _put_layers(data: Tree, layers: Any, cases: Cases) -> Tree:
    """So many hidden layers, all as wide as the widest."""
    return _put(data, HIDDEN, [max(_at(data, HIDDEN))] * layers)


def _put_width(data: Tree, width: Any, cases: Cases) -> Tree:
    """As many hidden layers, all of this width."""
    return _put(data, HIDDEN, [width] * len(_at(data, HIDDEN)))


def _put_edges(data: Tree, weight: Any, cases: Cases) -> Tree:
    """Both band edges of every system with this weight, all other bands with theirs."""
    both = zip(data["systems"], cases, strict=True)
    return data | {"systems": [_reweighed(system, case, weight) for system, case in both]}


def _reweighed(system: Tree, case: Case, weight: Any) -> Tree:
    """One system with this weight of its band edges, if it has a reference."""
    if case.reference is None:
        return system
    weights, edges = _weights(system, case), _edges(case)
    both = [weight] * len(weights[edges])
    return _put(system, "weights.bands", weights[: edges.start] + both + weights[edges.stop :])


def _own_edges(data: Tree, cases: Cases) -> float:
    """The largest weight of a band edge."""
    both = zip(data["systems"], cases, strict=True)
    compared = [(system, case) for system, case in both if case.reference is not None]
    return max(max(_weights(system, case)[_edges(case)]) for system, case in compared)


def _weights(system: Tree, case: Case) -> list[float]:
    """Of every band of the reference, as far as the system says, else 1."""
    assert case.reference is not None, "bands are weighed beside a reference"
    count = system.get("bands") or case.reference.E.shape[1]
    return list(system["weights"].get("bands") or [1.0] * count)


def _edges(case: Case) -> slice:
    """The places, from 0, of the highest full and the lowest empty level."""
    full = case.occupied_in_reference
    return slice(max(0, full - case.times), full + case.times)


OWN: dict[str, Callable[[Tree, Cases], Any]] = {
    LAYERS: lambda data, cases: len(_at(data, HIDDEN)),
    WIDTH: lambda data, cases: max(_at(data, HIDDEN)),
    DAMPING: lambda data, cases: _at(data, DAMPING) or FIRST,
    EDGES: _own_edges,
}
PUT: dict[str, Callable[[Tree, Any, Cases], Tree]] = {
    LAYERS: _put_layers,
    WIDTH: _put_width,
    EDGES: _put_edges,
}
"""How keys of the table that are no keys of fit.yaml are read there, and written."""
