"""Where numbers come from: versions, devices, inputs and their hashes."""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nnpp import __version__
from nnpp.io.atomic import write_whole
from nnpp.io.fit_yaml import CONFIGURATION, dump_yaml, plain
from nnpp.io.inputs import Fit
from nnpp.parallel import cores, devices
from nnpp.workflows.cases import Case

PACKAGES = (
    "jax",
    "jaxlib",
    "numpy",
    "scipy",
    "flax",
    "optax",
    "ase",
    "spglib",
    "seekpath",
    "h5py",
)


def versions() -> dict[str, str]:
    """nnpp, Python and the packages that numbers pass through."""
    packages = {name: version(name) for name in PACKAGES}
    return {"nnpp": __version__, "python": platform.python_version(), **packages}


def hashes(fit: Fit) -> dict[str, str]:
    """SHA-256 of every file that the fit was read from, by its name."""
    files = {fit.source}
    for system in fit.spec.systems:
        if isinstance(system.structure, Path):
            files.add(system.structure)
        if system.reference is not None:
            files |= {f for f in (system.reference.file, system.reference.kpoints) if f}
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(files)}


def provenance(fit: Fit, case: Case) -> dict[str, Any]:
    """What a file of bands says of its own making."""
    return {
        "fit": fit.name,
        "system": case.spec.name,
        "cutoff_hartree": case.spec.cutoff,
        "plane_waves": case.spec.plane_waves,
        "potential": plain(fit.spec)["potential"],
        "versions": versions(),
        "inputs_sha256": hashes(fit),
    }


def write_run(folder: Path, fit: Fit) -> Path:
    """run.yaml: the resolved configuration and where it was computed."""
    about = {
        "versions": versions(),
        "devices": devices(),
        "cores": cores(),
        "seed": fit.spec.fit.seed,
        "inputs_sha256": hashes(fit),
        "notes": list(fit.notes),
        CONFIGURATION: plain(fit.spec, folder),
    }
    return write_whole(folder / "run.yaml", dump_yaml(about))
