"""A run, results/<fit>/: what its files are called, and which fit they belong to."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import jax
import numpy as np

from nnpp.config.fit_yaml import plain
from nnpp.config.inputs import RUN_NAME, Fit
from nnpp.files.tensors import ARRAYS, STEM
from nnpp.files.text import exists
from nnpp.potentials.potential import Potential
from nnpp.runs.checkpoints import clear
from nnpp.runs.metrics import read_metrics

START = "start"
"""The potential before training, as init-fit left it."""

CHECKPOINTS, METRICS, FRAMES = "checkpoints", "metrics.jsonl", "frames"

ONLY_HOW_LONG = ("steps", "tolerance", "patience")
"""Settings that may change when a fit is resumed."""


def identity(fit: Fit, start: Potential, read: list[str]) -> str:
    """SHA-256 of all that decides where a fit goes: configuration, inputs, first numbers."""
    digest = sha256(json.dumps([described(fit), read], sort_keys=True).encode())
    for leaf in jax.tree.leaves(start):
        digest.update(np.asarray(leaf, float).tobytes())
    return digest.hexdigest()


def described(fit: Fit) -> dict[str, Any]:
    """The configuration without what decides nothing: titles, names of files, how long."""
    said = plain(fit.spec, fit.folder)
    for key in ("title", "tune"):
        said.pop(key, None)
    for key in ONLY_HOW_LONG:
        said["fit"].pop(key, None)
    for system in said["systems"]:
        system.pop("structure") if isinstance(system["structure"], str) else None
        system.pop("reference", None)
    said["potential"].pop("file", None)
    return said


def is_run(fit: Fit) -> bool:
    """Whether the fit was read from a run."""
    return fit.source.name == RUN_NAME


def has(folder: Path, stem: str) -> bool:
    """Whether a run holds this model."""
    return exists(folder / f"{stem}{ARRAYS}")


def metrics_of(folder: Path) -> list[dict[str, Any]]:
    """What was told of every step; nothing if the file is missing, which stops no fit."""
    path = folder / METRICS
    return read_metrics(path) if exists(path) else []


def forget(folder: Path) -> None:
    """Remove what training left, the potential as well: it may be that of another fit."""
    clear(folder / CHECKPOINTS)
    left = (METRICS, f"{FRAMES}/*.npz", f"{STEM}.*", "history.*", "errors.*", "ensemble.*")
    for path in (path for pattern in left for path in folder.glob(pattern)):
        path.unlink(missing_ok=True)
