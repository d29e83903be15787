"""Import: a folder of DeePseudopot as a fit with the network and the terms of nnpp."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nnpp.config.deepseudopot.folder import CONFIG_NAME, read_deepseudopot
from nnpp.config.fit_yaml import plain
from nnpp.config.spec import FitSpec
from nnpp.config.systems import System
from nnpp.errors import InputError
from nnpp.formats.structures import read_crystals
from nnpp.observables.bands import occupied_levels
from nnpp.structures.electrons import electrons
from nnpp.workflows.import_.convert import Imported
from nnpp.workflows.import_.fit_file import cutoff_text
from nnpp.workflows.import_.options import Request

OWN = (
    f"the network, the method and the plane waves of {CONFIG_NAME} are replaced by those that "
    "nnpp uses by default"
)


@dataclass(frozen=True)
class Older:
    """A folder of DeePseudopot.

    Attributes:
        folder: the folder.
        spec: its content as a fit, with its own network.
        notes: what nnpp does not use, for the user.
    """

    folder: Path
    spec: FitSpec
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its systems."""
        return tuple(system.name for system in self.spec.systems)

    def sources(self, request: Request) -> Iterator[tuple[Path, Request]]:
        """Yield the file of bands of each system, and the options that import it."""
        spinor = self.spec.has_spin_orbit if request.spinor is None else request.spinor
        crystals = read_crystals(self.spec)
        for system, crystal in zip(self.spec.systems, crystals, strict=True):
            assert system.reference is not None and system.bands is not None, "as they are read"
            # Spinless levels are listed twice, so their number is that of the electrons.
            full = occupied_levels(electrons(crystal, request.electrons), True)
            own = replace(
                request,
                spinor=spinor,
                occupied=request.occupied or full,
                bands=request.bands or system.bands // (1 if spinor else 2),
            )
            yield system.reference.file, own

    def with_settings(
        self, data: dict[str, Any], found: Sequence[Imported], request: Request
    ) -> dict[str, Any]:
        """Return the content of a fit.yaml with weights, zeros, targets and elements from here.

        Args:
            data: the content that an import of these bands writes.
            found: the imported bands of each system.
            request: options of the import.
        """
        older = plain(self.spec)
        rows = zip(data["systems"], self.spec.systems, older["systems"], found, strict=True)
        systems = [
            entries
            | ({} if request.cutoff else {"cutoff": cutoff_text(system.cutoff)})
            | _settings(system, given, one)
            for entries, system, given, one in rows
        ]
        elements = {
            symbol: entries | older["potential"]["elements"][symbol]
            for symbol, entries in data["potential"]["elements"].items()
        }
        potential = data["potential"] | {"elements": elements}
        if any(x.get("dilation") or x.get("targets") for x in systems):
            potential["train"] = [*potential["train"], "strain"]
            for entries in elements.values():
                entries.setdefault("strain", [0.0, 0.0])
        return data | {"systems": systems, "potential": potential}


def read_older(files: Sequence[Path]) -> Older | None:
    """Return the one folder of DeePseudopot among the files, None if there is none."""
    folders = [path for path in files if (path / CONFIG_NAME).is_file()]
    if not folders:
        return None
    if len(files) > 1:
        what = "is a folder of DeePseudopot, which has systems of its own"
        raise InputError(what, "import it alone", folders[0])
    spec, notes = read_deepseudopot(folders[0])
    return Older(folders[0], spec, (OWN, *notes))


def _settings(system: System, given: dict[str, Any], one: Imported) -> dict[str, Any]:
    """Return weights, zero and targets of a system, with its bands counted as imported."""
    kept = _kept(system, one)
    given_weights = system.weights.bands
    assert given_weights is not None, "its folder has them"
    weights = {"bands": [given_weights[band] for band in kept]}
    points = one.found.weights
    if points is not None:
        weights["kpoints"] = points.astype(float).tolist()
    targets = [_counted(target, kept, one) for target in given["targets"]]
    zero = given["zero"]
    return {
        "zero": zero if isinstance(zero, str) else _counted(zero, kept, one),
        "weights": weights,
        **({"targets": targets} if targets else {}),
    }


def _kept(system: System, one: Imported) -> list[int]:
    """Return which levels of the file the imported bands are, from 0."""
    assert system.bands is not None, "its folder says so"
    levels = np.arange(system.bands).reshape(one.found.E.shape[1], -1)[:, 0]  # pairs once
    shells = [band for run in one.left_out for band in range(*run)]
    return np.delete(levels, shells)[: one.bands.E.shape[1]].tolist()


def _counted(entry: dict[str, Any], kept: list[int], one: Imported) -> dict[str, Any]:
    """Return an entry with its levels `band` counted as the imported bands are, from 1."""
    if "band" not in entry:
        return entry
    below = [i for i, level in enumerate(kept) if level < entry["band"]]
    if not below or entry["band"] - kept[below[-1]] > (1 if one.bands.spinor else 2):
        what = f"level {entry['band'] - 1} has a target or is the zero, but it is left out"
        raise InputError(what, "keep more bands (--bands, --leave-out)", one.found.path)
    above = {"above": _counted(entry["above"], kept, one)} if "above" in entry else {}
    return entry | above | {"band": below[-1] + 1}
