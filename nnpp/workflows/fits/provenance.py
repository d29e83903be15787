"""The origin of numbers: versions, devices, inputs and their hashes."""

import hashlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nnpp import __version__
from nnpp.config.deepseudopot.folder import CONFIG_NAME
from nnpp.config.fit_yaml import CONFIGURATION, dump_yaml, plain
from nnpp.config.inputs import RUN_NAME, Fit
from nnpp.config.targets import DotGapTarget
from nnpp.devices.machine import cores
from nnpp.devices.parallel import devices
from nnpp.errors import InputError
from nnpp.files.atomic import write_atomic
from nnpp.files.tensors import arrays_of
from nnpp.files.text import read_bytes
from nnpp.files.yaml_tree import read_yaml
from nnpp.formats.structures import formula, volume_per_atom
from nnpp.runs.outputs import LISTED, NAME
from nnpp.setup.cases import Case

PACKAGES = "jax jaxlib numpy scipy flax optax ase spglib seekpath h5py".split()
"""Packages whose versions are recorded."""


def versions() -> dict[str, str]:
    """Return the versions of nnpp, Python and the packages that affect numbers."""
    packages = {name: version(name) for name in PACKAGES}
    return {"nnpp": __version__, "python": platform.python_version(), **packages}


def hashes(fit: Fit) -> dict[str, str]:
    """Return the SHA-256 of every file that the fit was read from, by path relative to it.

    For a run these are the inputs that it was made from, not its results.
    """
    if fit.source.name == RUN_NAME:
        return dict(read_yaml(fit.source)[0].get("inputs_sha256", {}))
    files = {fit.source} | _mentioned(fit)
    if fit.source.name == CONFIG_NAME:
        files |= set(fit.folder.glob("*.par"))
    named = {os.path.relpath(f.resolve(), fit.folder.resolve()): f for f in files}
    return {name: _sha256(named[name]) for name in sorted(named)}


def contents(fit: Fit) -> list[str]:
    """Return the SHA-256 of every file that a fit mentions, without their names."""
    return sorted(_sha256(file) for file in _mentioned(fit))


def refuse_changed(run: Fit) -> None:
    """Raise an error if structures or references of a run have changed since it was made."""
    known = set(hashes(run).values())
    for file in sorted(_mentioned(run)):
        if _sha256(file) not in known:
            raise InputError(
                f"has changed since {run.name} was prepared",
                "restore it, or prepare the run again with `nnpp init-fit --fresh`",
                file,
            )


def _mentioned(fit: Fit) -> set[Path]:
    """Return the files of the systems of a fit and of its fitted potential."""
    files: set[Path] = set()
    if fit.spec.potential.stored is not None:
        files.add(arrays_of(fit.spec.potential.stored))
    for system in fit.spec.systems:
        if isinstance(system.structure, Path):
            files.add(system.structure)
        if system.reference is not None:
            files |= {f for f in (system.reference.file, system.reference.kpoints) if f}
        files |= {t.dot for t in system.targets if isinstance(t, DotGapTarget)}
    return files


def _sha256(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(read_bytes(file)).hexdigest()


def provenance(fit: Fit, case: Case, read: dict[str, str]) -> dict[str, Any]:
    """Return the origin of a file of bands; `read` holds the hashes of its inputs."""
    return {
        "fit": fit.name,
        "system": case.spec.name,
        "cutoff_hartree": case.spec.cutoff,
        "plane_waves": case.spec.plane_waves,
        "potential": plain(fit.spec)["potential"],
        "versions": versions(),
        "inputs_sha256": read,
    }


def write_run(folder: Path, fit: Fit, read: dict[str, str], options: Mapping[str, Any]) -> Path:
    """Write run.yaml: the resolved configuration, the options, versions and devices."""
    about = {
        "versions": versions(),
        "devices": devices(),
        "cores": cores(),
        "seed": fit.spec.fit.seed,
        "inputs_sha256": read,
        "notes": list(fit.notes),
        "options": _given(options),
        LISTED: NAME,
        CONFIGURATION: plain(fit.spec, folder),
    }
    return write_atomic(folder / RUN_NAME, dump_yaml(about))


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are set, with values that YAML can represent."""
    chosen = {name: x for name, x in options.items() if x not in (None, False)}
    return {
        name: list(x) if isinstance(x, tuple) else x if isinstance(x, int | float) else str(x)
        for name, x in chosen.items()
    }


def about_model(fit: Fit, cases: list[Case], read: dict[str, str]) -> dict[str, Any]:
    """Return fit, versions, inputs, and the bases for which the potential was fitted."""
    return {
        "fit": fit.name,
        "versions": versions(),
        "inputs_sha256": read,
        "systems": [
            {
                "name": case.spec.name,
                "formula": formula(case.crystal),
                "volume_per_atom_bohr3": volume_per_atom(case.crystal),
                "cutoff_hartree": case.spec.cutoff,
                "plane_waves": case.spec.plane_waves,
                "spinor": case.spinor,
            }
            for case in cases
        ],
    }
