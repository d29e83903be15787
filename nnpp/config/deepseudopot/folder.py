"""A folder of the older code DeePseudopot, read as it is into the same fit as a fit.yaml."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnpp.config.deepseudopot.keys import CONFIG, NOT_YET, Settings, read_settings
from nnpp.config.deepseudopot.model import fit_settings, places, potential
from nnpp.config.deepseudopot.system import Entry, read_system
from nnpp.config.spec import FitSpec
from nnpp.config.validation import validated
from nnpp.errors import InputError
from nnpp.files.origin import Keys, Origin, Place

CONFIG_NAME = "NN_config.par"

MOST_SYSTEMS = 1000

COMPANIONS = {
    r".*\.pth": "a .pth network is a pickle and is not read; start from Zunger",
    r"expEffMasses_.*": NOT_YET,
    r"kpoints_\d+_orderMatrix\.par": NOT_YET,
    r"mcOpts.*|.*ParamSteps\.par|init_qSpace_pot\.par": NOT_YET,
}
"""Files that such a folder may also hold, and what becomes of them."""


def read_deepseudopot(folder: Path) -> tuple[FitSpec, tuple[str, ...]]:
    """The fit in the folder, and remarks on whatever of it nnpp does not follow."""
    folder = Path(folder)
    config = read_settings(folder / CONFIG_NAME, CONFIG)
    zero_band = config.values.get("relE_bIdx")
    entries = [
        read_system(folder, i, zero_band if isinstance(zero_band, int) else None)
        for i in range(_number_of_systems(config))
    ]
    entries = _distinct(entries)
    symbols = tuple(dict.fromkeys(s for entry in entries for s in entry.symbols))
    model, notes = potential(config, symbols)
    data: dict[str, Any] = {
        "systems": [entry.data for entry in entries],
        "potential": model,
        "fit": fit_settings(config),
    }
    spec = validated(data, Origin(config.path, _places(config, entries)), folder)
    for entry in entries:
        notes += entry.notes
    return spec, (*config.notes(), *notes, *_remarks(folder, len(entries), symbols))


def _number_of_systems(config: Settings) -> int:
    """How many systems the folder says it holds."""
    number = config.values.get("nSystem")
    if not isinstance(number, int):
        raise InputError("nSystem is missing", "add nSystem = 1", config.path)
    if not 1 <= number <= MOST_SYSTEMS:
        raise config.lines["nSystem"].error(
            f"nSystem = {number} is no number of systems", f"write 1 to {MOST_SYSTEMS}"
        )
    return number


def _distinct(entries: list[Entry]) -> list[Entry]:
    """Names that occur more than once get their number."""
    often = Counter(entry.data["name"].lower() for entry in entries)
    return [
        replace(entry, data=entry.data | {"name": f"{entry.data['name']}_{i}"})
        if often[entry.data["name"].lower()] > 1
        else entry
        for i, entry in enumerate(entries)
    ]


def _places(config: Settings, entries: list[Entry]) -> dict[Keys, Place]:
    """The place of every entry of the fit, in whichever file it stands."""
    found: dict[Keys, Place] = places(config)
    for i, entry in enumerate(entries):
        found |= {("systems", i, *keys): place for keys, place in entry.places.items()}
        if "relE_bIdx" in config.lines:
            line = config.lines["relE_bIdx"].number
            found.setdefault(("systems", i, "zero"), Place(config.path, line))
    return found


def _remarks(folder: Path, systems: int, symbols: tuple[str, ...]) -> list[str]:
    """What becomes of the files that are no part of the fit."""
    remarks = []
    for path in sorted(folder.iterdir()):
        for pattern, what in COMPANIONS.items():
            if re.fullmatch(pattern, path.name):
                remarks.append(f"{path.name}: {what}")
        numbered = re.fullmatch(r"(?:system|input)_(\d+)\.par", path.name)
        if numbered and int(numbered[1]) >= systems:
            remarks.append(f"{path.name}: not read, nSystem = {systems}")
        element = re.fullmatch(r"init_([A-Z][a-z]?)Params\.par", path.name)
        if element and element[1] not in symbols:
            remarks.append(f"{path.name}: not read, no system holds {element[1]}")
    return remarks
