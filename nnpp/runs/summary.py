"""summary.json: the few numbers of every system that `nnpp bands` leaves, read again."""

import json
from pathlib import Path
from typing import Any

from nnpp.errors import InputError
from nnpp.files.text import exists, read_text

NAME = "summary.json"

NUMBERS = ("loss_ev2", "gap_ev", "vbm_ev", "cbm_ev", "splitting_ev", "n_plane_waves")


def read_summary(folder: Path) -> dict[str, dict[str, Any]]:
    """What a run tells of its systems by name; nothing if it has no summary."""
    path = folder / NAME
    if not exists(path):
        return {}
    try:
        systems = json.loads(read_text(path))["systems"]
        for numbers in systems.values():
            _refuse_words(numbers)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            "is no summary of a run, or damaged", "write it anew with `nnpp bands RUN`", path
        ) from error
    return systems


def _refuse_words(numbers: dict[str, Any]) -> None:
    """A ValueError where something that is told is neither a number nor missing."""
    told = [numbers.get(name) for name in NUMBERS] + list(numbers.get("rmse_mev") or [])
    if not all(x is None or type(x) in (int, float) for x in told):
        raise ValueError("a word, where a number should be")
