"""DeePseudopot: the `key = value` files NN_config.par and input_X.par, with all known keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnpp.errors import suggest
from nnpp.files.tables import Line, read_lines

NOT_NEEDED = "not needed: nnpp chooses memory use, processes and figures itself"
LEARNED = "not needed: init-fit learns the form by Levenberg-Marquardt"
NOT_YET = "not supported"

CONFIG_USED = {
    "nSystem": "integer",
    "hiddenLayers": "integers",
    "PPmodel": "word",
    "PPmodel_gaussian_std": "real",
    "PPmodel_decay_rate": "real",
    "PPmodel_decay_center": "real",
    "PPmodel_scale": "reals",
    "SObool": "switch",
    "optimizer": "word",
    "optimizer_lr": "real",
    "scheduler_gamma": "real",
    "schedulerStep": "integer",
    "max_num_epochs": "integer",
    "patience": "integer",
    "relE_bIdx": "integer",
    "mc_bool": "switch",
    "mc_iter": "integer",
    "mc_percentage": "real",
    "mc_beta": "real",
    "mc_perturb_mode": "integer",
    "adam_beta1": "real",
    "adam_beta2": "real",
    "sgd_momentum": "real",
}
"""Keys of NN_config.par that a fit uses, and the types of their values."""

CONFIG_NOT_NEEDED = dict.fromkeys(
    ("SHOWPLOTS", "separateKptGrad", "checkpoint", "cacheSO", "memory_flag", "runtime_flag"),
    "switch",
) | dict.fromkeys(("num_cores", "num_threads", "plotEvery", "init_Zunger_plotEvery"), "integer")

CONFIG_LEARNED = {
    "init_Zunger_num_epochs": "integer",
    "init_Zunger_optimizer": "word",
    "init_Zunger_optimizer_lr": "real",
    "init_Zunger_scheduler_gamma": "real",
    "init_Zunger_printGrad": "switch",
}
"""Keys of the fit to Zunger's form, for which init-fit has its own method."""

CONFIG_NOT_YET = {
    "smooth_reorder": "switch",
    "eigvec_reorder": "switch",
    "printGrad": "switch",
    "perturbEvery": "integer",
    "pre_adjust_moves": "integer",
    "pre_adjust_stepSize": "real",
    "mc_beta_schedule": "word",
    "penalize_starting": "real",
    "penalize_lambda": "real",
    "penalize_mag_threshold": "real",
    "penalize_mag_lambda": "real",
}

CONFIG = CONFIG_USED | CONFIG_NOT_NEEDED | CONFIG_LEARNED | CONFIG_NOT_YET

INPUT_USED = {
    "maxKE": "real",
    "nBands": "integer",
    "systemName": "words",
    "relE_bIdx": "integer",
}
INPUT_USED |= dict.fromkeys(("idxVB", "idxCB", "idxGap"), "integer")
INPUT_USED |= dict.fromkeys(("fit_defPot", "fit_eph"), "switch")

INPUT_NOT_YET = {"fit_eff_masses": "switch"}

INPUT_NOT_NEEDED = dict.fromkeys(
    ("BS_plot_center", "BS_plot_CBVB_range", "BS_plot_CBVB_range_zoom"), "real"
)

INPUT = INPUT_USED | INPUT_NOT_YET | INPUT_NOT_NEEDED

Value = int | float | str | bool | list[int] | list[float]


@dataclass(frozen=True)
class Settings:
    """The values of a `key = value` file, and the line of each."""

    path: Path
    values: Mapping[str, Value]
    lines: Mapping[str, Line]

    def notes(self) -> list[str]:
        """Return notes on the keys that nnpp does not use."""
        unused = {NOT_NEEDED: CONFIG_NOT_NEEDED | INPUT_NOT_NEEDED}
        unused |= {LEARNED: CONFIG_LEARNED, NOT_YET: CONFIG_NOT_YET | INPUT_NOT_YET}
        return [
            f"{self.path.name}: {', '.join(names)}: {reason}"
            for reason, keys in unused.items()
            if (names := [name for name in self.values if name in keys])
        ]


def read_settings(path: Path, known: Mapping[str, str]) -> Settings:
    """Return the settings in a file; `known` gives the type of the value of each key."""
    values: dict[str, Value] = {}
    lines: dict[str, Line] = {}
    for line in read_lines(path, "="):
        if len(line.words) != 2 or not all(line.words):
            raise line.error("is not `key = value`", "write e.g. `nSystem = 1`")
        key, text = line.words
        if key not in known:
            raise line.error(f"unknown key {key!r:.60}", suggest(key, known))
        if key in values:
            raise line.error(f"{key} is given twice", "keep one of them")
        values[key], lines[key] = _value(line, text, known[key]), line
    return Settings(path, values, lines)


def _value(line: Line, text: str, kind: str) -> Value:
    """Return the text after `=` as a value of the given kind."""
    words = text.split()
    if kind == "words":
        return text
    if kind in ("integers", "reals"):
        read = line.integer if kind == "integers" else line.real
        return [read(word) for word in words]
    if len(words) != 1:
        raise line.error(f"{len(words)} values for {line.words[0]}", "write one value")
    if kind == "switch":
        if words[0] not in ("0", "1"):
            raise line.error(
                f"{line.words[0]} = {words[0]:.40} is not a switch", "write 0 or 1"
            )
        return words[0] == "1"
    return {"integer": line.integer, "real": line.real, "word": str}[kind](words[0])
