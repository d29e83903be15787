"""DeePseudopot's `key = value` files, NN_config.par and input_X.par: every key it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nnpp.errors import suggest
from nnpp.files.tables import Line, read_lines

NOT_NEEDED = "not needed: nnpp chooses memory use, processes and figures itself"
LEARNED = "not needed: init-fit learns the form by Levenberg-Marquardt"
NOT_YET = "not followed"

CONFIG_USED = {
    "nSystem": "whole",
    "hiddenLayers": "wholes",
    "PPmodel": "word",
    "PPmodel_gaussian_std": "real",
    "PPmodel_decay_rate": "real",
    "PPmodel_decay_center": "real",
    "PPmodel_scale": "reals",
    "SObool": "switch",
    "optimizer": "word",
    "optimizer_lr": "real",
    "scheduler_gamma": "real",
    "schedulerStep": "whole",
    "max_num_epochs": "whole",
    "patience": "whole",
    "relE_bIdx": "whole",
    "mc_bool": "switch",
    "mc_iter": "whole",
    "mc_percentage": "real",
    "mc_beta": "real",
    "mc_perturb_mode": "whole",
    "adam_beta1": "real",
    "adam_beta2": "real",
    "sgd_momentum": "real",
}
"""Keys of NN_config.par that a fit takes over, and what their values are."""

CONFIG_NOT_NEEDED = dict.fromkeys(
    ("SHOWPLOTS", "separateKptGrad", "checkpoint", "cacheSO", "memory_flag", "runtime_flag"),
    "switch",
) | dict.fromkeys(("num_cores", "num_threads", "plotEvery", "init_Zunger_plotEvery"), "whole")

CONFIG_LEARNED = {
    "init_Zunger_num_epochs": "whole",
    "init_Zunger_optimizer": "word",
    "init_Zunger_optimizer_lr": "real",
    "init_Zunger_scheduler_gamma": "real",
    "init_Zunger_printGrad": "switch",
}
"""Keys of the fit to Zunger's form, which init-fit makes in its own way."""

CONFIG_NOT_YET = {
    "smooth_reorder": "switch",
    "eigvec_reorder": "switch",
    "printGrad": "switch",
    "perturbEvery": "whole",
    "pre_adjust_moves": "whole",
    "pre_adjust_stepSize": "real",
    "mc_beta_schedule": "word",
    "penalize_starting": "real",
    "penalize_lambda": "real",
    "penalize_mag_threshold": "real",
    "penalize_mag_lambda": "real",
}

CONFIG = CONFIG_USED | CONFIG_NOT_NEEDED | CONFIG_LEARNED | CONFIG_NOT_YET

INPUT_USED = {"maxKE": "real", "nBands": "whole", "systemName": "words", "relE_bIdx": "whole"}
INPUT_USED |= dict.fromkeys(("idxVB", "idxCB", "idxGap"), "whole")
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
        """What the file says that nnpp does not follow."""
        told = {NOT_NEEDED: CONFIG_NOT_NEEDED | INPUT_NOT_NEEDED}
        told |= {LEARNED: CONFIG_LEARNED, NOT_YET: CONFIG_NOT_YET | INPUT_NOT_YET}
        return [
            f"{self.path.name}: {', '.join(names)}: {reason}"
            for reason, keys in told.items()
            if (names := [name for name in self.values if name in keys])
        ]


def read_settings(path: Path, known: Mapping[str, str]) -> Settings:
    """The settings in a file whose keys are `known`, with the kind of value of each."""
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
    """The text right of `=` as the kind of value it should be."""
    words = text.split()
    if kind == "words":
        return text
    if kind in ("wholes", "reals"):
        read = line.integer if kind == "wholes" else line.real
        return [read(word) for word in words]
    if len(words) != 1:
        raise line.error(f"{len(words)} values for {line.words[0]}", "write one value")
    if kind == "switch":
        if words[0] not in ("0", "1"):
            raise line.error(f"{line.words[0]} = {words[0]:.40} is no switch", "write 0 or 1")
        return words[0] == "1"
    return {"whole": line.integer, "real": line.real, "word": str}[kind](words[0])
