"""Input folders of the older code DeePseudopot, read into the same fit as a fit.yaml."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from nnpp.config.deepseudopot.keys import CONFIG, NOT_YET, Settings, read_settings
from nnpp.config.deepseudopot.model import fit_settings, places, potential
from nnpp.config.deepseudopot.system import Entry, read_system
from nnpp.config.spec import FitSpec, validated
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
"""Other files of such a folder, and the note about each."""


def read_deepseudopot(folder: Path) -> tuple[FitSpec, tuple[str, ...]]:
    """Return the fit in a folder, and notes on what nnpp does not use."""
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
    return spec, (*config.notes(), *notes, *_unused_files(folder, len(entries), symbols))


def _number_of_systems(config: Settings) -> int:
    """Return the number of systems in the folder."""
    number = config.values.get("nSystem")
    if not isinstance(number, int):
        raise InputError("nSystem is missing", "add nSystem = 1", config.path)
    if not 1 <= number <= MOST_SYSTEMS:
        raise config.lines["nSystem"].error(
            f"nSystem = {number} is not possible", f"write 1 to {MOST_SYSTEMS}"
        )
    return number


def _distinct(entries: list[Entry]) -> list[Entry]:
    """Append its number to every name that occurs more than once."""
    counts = Counter(entry.data["name"].lower() for entry in entries)
    return [
        replace(entry, data=entry.data | {"name": f"{entry.data['name']}_{i}"})
        if counts[entry.data["name"].lower()] > 1
        else entry
        for i, entry in enumerate(entries)
    ]


def _places(config: Settings, entries: list[Entry]) -> dict[Keys, Place]:
    """Return file and line of every entry of the fit."""
    found: dict[Keys, Place] = places(config)
    for i, entry in enumerate(entries):
        found |= {("systems", i, *keys): place for keys, place in entry.places.items()}
        if "relE_bIdx" in config.lines:
            line = config.lines["relE_bIdx"].number
            found.setdefault(("systems", i, "zero"), Place(config.path, line))
    return found


def _unused_files(folder: Path, systems: int, symbols: tuple[str, ...]) -> list[str]:
    """Return notes on files that are not part of the fit."""
    notes = []
    for path in sorted(folder.iterdir()):
        for pattern, what in COMPANIONS.items():
            if re.fullmatch(pattern, path.name):
                notes.append(f"{path.name}: {what}")
        numbered = re.fullmatch(r"(?:system|input)_(\d+)\.par", path.name)
        if numbered and int(numbered[1]) >= systems:
            notes.append(f"{path.name}: not read, nSystem = {systems}")
        element = re.fullmatch(r"init_([A-Z][a-z]?)Params\.par", path.name)
        if element and element[1] not in symbols:
            notes.append(f"{path.name}: not read, no system contains {element[1]}")
    return notes
