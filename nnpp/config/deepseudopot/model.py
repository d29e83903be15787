"""DeePseudopot: NN_config.par and init_<El>Params.par as entries of a fit.yaml."""

import re
from pathlib import Path
from typing import Any

from nnpp.config.deepseudopot.keys import Settings
from nnpp.errors import InputError, suggest
from nnpp.files.origin import Keys, Place
from nnpp.files.tables import read_lines

MODEL = re.compile(
    r"Net_(?P<activation>relu|celu|sigmoid|tanh|silu)_(?P<initial>xavier|HeInit|RandInit)"
    r"(?P<layers>(?:_BN)?(?:_dropout)?)(?P<scale>_scale)?(?P<decay>_decayGaussian|_decay)?"
)
"""Names of PPmodel: activation, initial weights, extra layers, scale and envelope."""

EXAMPLES = ("Net_celu_HeInit_decayGaussian", "Net_relu_xavier", "Net_relu_xavier_decay")

SAME_NAME = (
    *("adam", "adamw", "adamax", "nadam", "radam"),
    *("sgd", "lbfgs", "adadelta", "adagrad", "rmsprop"),
)

OPTIMIZERS = {name: name for name in SAME_NAME} | {"asgd": "sgd", "sparseadam": "adam"}
"""optax's name for each optimizer of DeePseudopot."""

TAKEN: dict[tuple[str, ...], str] = {
    ("fit", "method"): "optimizer",
    ("fit", "steps"): "max_num_epochs",
    ("fit", "learning_rate"): "optimizer_lr",
    ("fit", "schedule", "decay"): "scheduler_gamma",
    ("fit", "schedule", "every"): "schedulerStep",
    ("fit", "patience"): "patience",
    ("fit", "options", "b1"): "adam_beta1",
    ("fit", "options", "b2"): "adam_beta2",
    ("fit", "options", "momentum"): "sgd_momentum",
    ("fit", "annealing", "moves"): "mc_iter",
    ("fit", "annealing", "size"): "mc_percentage",
    ("fit", "annealing", "beta"): "mc_beta",
    ("fit", "annealing", "mode"): "mc_perturb_mode",
    ("potential", "network", "hidden"): "hiddenLayers",
    ("potential", "network", "scale"): "PPmodel_scale",
    ("potential", "envelope", "sigma"): "PPmodel_gaussian_std",
    ("potential", "envelope", "rate"): "PPmodel_decay_rate",
    ("potential", "envelope", "center"): "PPmodel_decay_center",
}
"""The setting of NN_config.par for each key of fit.yaml."""

ENVELOPES = {None: "none", "_decayGaussian": "gaussian", "_decay": "sigmoid"}
ENVELOPE_KEYS = {"none": (), "gaussian": ("sigma",), "sigmoid": ("rate", "center")}


def places(config: Settings) -> dict[Keys, Place]:
    """Return the lines of the settings that a fit uses."""
    return {
        keys: Place(config.path, config.lines[name].number)
        for keys, name in TAKEN.items()
        if name in config.lines
    }


def fit_settings(config: Settings) -> dict[str, Any]:
    """Return the section `fit`; DeePseudopot's defaults are adam and no tolerance."""
    fit: dict[str, Any] = {"method": "adam", "steps": 0, "tolerance": 0.0}
    fit |= _taken(config, "fit")
    if fit["method"].lower() not in OPTIMIZERS:
        raise config.lines["optimizer"].error(
            f"unknown optimizer {fit['method']!r:.30}", suggest(fit["method"], OPTIMIZERS)
        )
    fit["method"] = OPTIMIZERS[fit["method"].lower()]
    if "decay" not in fit.get("schedule", {}):
        fit.pop("schedule", None)
    else:
        fit["schedule"]["kind"] = "exponential"
    if not config.values.get("mc_bool"):
        fit.pop("annealing", None)
    return fit


def potential(config: Settings, symbols: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    """Return the section `potential`, a network for all of v, and notes on differences."""
    taken = _taken(config, "potential")
    network, envelope = taken.get("network", {}), taken.get("envelope", {})
    model, notes = _model(config)
    kind = ENVELOPES[model["decay"]]
    envelope = {key: envelope[key] for key in ENVELOPE_KEYS[kind] if key in envelope}
    network |= {
        "activation": model["activation"],
        "initial": "xavier" if model["initial"] == "xavier" else "he",
        "last_layer": "random",
        "features": {"kind": "bare"},
    }
    scale = network.pop("scale", None)
    if model["scale"] and scale:
        network["scale"] = _by_element(config, scale, symbols)
    elements, more = _elements(config, symbols)
    data = {"kind": "neural", "start": "zero", "elements": elements, "network": network}
    return data | {"envelope": {"kind": kind} | envelope}, [*notes, *more]


def _taken(config: Settings, section: str) -> dict[str, Any]:
    """Return the settings for a section of fit.yaml, nested as there."""
    taken: dict[str, Any] = {}
    for (_, *inner, last), name in ((k, n) for k, n in TAKEN.items() if k[0] == section):
        if name in config.values:
            at = taken
            for key in inner:
                at = at.setdefault(key, {})
            at[last] = config.values[name]
    return taken


def _model(config: Settings) -> tuple[dict[str, Any], list[str]]:
    """Return the parts of the name PPmodel (default: celu, He, Gaussian), and notes."""
    name = str(config.values.get("PPmodel", EXAMPLES[0]))
    match = MODEL.fullmatch(name)
    if match is None:
        raise config.lines["PPmodel"].error(
            f"unknown PPmodel {name!r:.60}", suggest(name, EXAMPLES)
        )
    notes = []
    if "PPmodel" not in config.values:
        notes.append(f"{config.path.name}: PPmodel is not given: {name} is assumed")
    if match["layers"]:
        notes.append(f"PPmodel {name}: batch normalisation and dropout are omitted")
    if match["initial"] == "RandInit":
        notes.append(f"PPmodel {name}: initial weights are drawn as with HeInit")
    return match.groupdict(), notes


def _by_element(
    config: Settings, scale: list[float], symbols: tuple[str, ...]
) -> dict[str, float]:
    """Return one factor for each element; DeePseudopot sorts elements by name."""
    if len(scale) != len(symbols):
        raise config.lines["PPmodel_scale"].error(
            f"PPmodel_scale has {len(scale)} numbers for {len(symbols)} elements",
            f"write one for each of {', '.join(sorted(symbols))}",
        )
    return dict(zip(sorted(symbols), scale, strict=True))


def _elements(config: Settings, symbols: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters of each element, and notes on those that SObool = 0 omits."""
    elements, notes = {}, []
    for symbol in symbols:
        path = config.path.parent / f"init_{symbol}Params.par"
        numbers = _parameters(path)
        element: dict[str, Any] = {"local": numbers[:4]}
        if len(numbers) > 4:
            element["strain"] = [numbers[-1], 0.0]
        charge, spin_orbit, *nonlocal_ = numbers[4:8] if len(numbers) == 9 else [0.0] * 4
        if charge:
            element["charge"] = charge
        if config.values.get("SObool"):
            element["spin_orbit"] = spin_orbit
            element |= {"nonlocal": nonlocal_} if any(nonlocal_) else {}
        elif spin_orbit or any(nonlocal_):
            notes.append(
                f"{path.name}: spin-orbit and non-local parameters omitted: SObool = 0"
            )
        elements[symbol] = element
    return elements, notes


def _parameters(path: Path) -> list[float]:
    """Return the 4, 5 or 9 numbers of an element."""
    numbers = [value for line in read_lines(path) for value in line.reals()]
    if len(numbers) not in (4, 5, 9):
        raise InputError(
            f"holds {len(numbers)} numbers",
            "write 4 (a0–a3), 5 (and strain) or 9 (a0–a7 and strain)",
            path,
        )
    return numbers
