"""A run folder, results/<fit>/: names of its files, its checkpoints, metrics and identity."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import jax
import numpy as np

from nnpp.config.deepseudopot.folder import CONFIG_NAME
from nnpp.config.fit_yaml import plain
from nnpp.config.inputs import FIT_NAME, RUN_NAME, Fit
from nnpp.devices.processes import on_process_zero
from nnpp.errors import InputError
from nnpp.files.atomic import refuse_unwritable
from nnpp.files.json_text import load_json
from nnpp.files.tensors import ARRAYS, STEM, read_model_file
from nnpp.files.text import exists, read_text
from nnpp.potentials.potential import Potential
from nnpp.runs.checkpoint_file import Checkpoint
from nnpp.runs.checkpoints import clear, newest, save
from nnpp.runs.lock import Held, held
from nnpp.runs.metrics import NAME as METRICS
from nnpp.runs.metrics import append, cut, read_metrics
from nnpp.runs.outputs import forget, grown, read_outputs, record, refuse_leaving

START = "start"
"""Stem of the potential before training, which init-fit writes."""

CHECKPOINTS, FRAMES, SUMMARY = "checkpoints", "frames", "summary.json"

ONLY_HOW_LONG = ("steps", "tolerance", "patience")
"""Settings that may change when a fit is resumed."""

EARLIER = "its potential is that of an earlier fit"

NUMBERS = ("loss_ev2", "gap_ev", "vbm_ev", "cbm_ev", "splitting_ev", "n_plane_waves")
"""Numbers of a system in summary.json."""


@dataclass(frozen=True)
class Resumed:
    """Where a fit continues.

    Attributes:
        checkpoint: the newest valid one; None at the start.
        notes: which checkpoints were refused, and why.
        seconds: taken by all steps so far.
    """

    checkpoint: Checkpoint | None
    notes: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class RunFolder:
    """One run on disk."""

    path: Path

    def has(self, stem: str) -> bool:
        """Return whether the run contains a model with this stem: START or STEM."""
        return exists(self.path / f"{stem}{ARRAYS}")

    def is_trained(self) -> bool:
        """Return whether the run contains a trained potential of the fit prepared in it.

        After `--fresh` the potential may still be that of an earlier fit. A package has no
        START, and older potentials do not state their fit.
        """
        if not self.has(STEM) or not self.has(START):
            return self.has(STEM)
        of, prepared = (
            read_model_file(self.path / f"{stem}{ARRAYS}")
            .description.get("about", {})
            .get("identity")
            for stem in (STEM, START)
        )
        return of is None or of == prepared

    def metrics(self) -> list[dict[str, Any]]:
        """Return the numbers of every step; nothing if the file is missing."""
        path = self.path / METRICS
        return read_metrics(path) if exists(path) else []

    def summary(self) -> dict[str, dict[str, Any]]:
        """Return the numbers of every system that `nnpp bands` wrote, by its name."""
        path = self.path / SUMMARY
        if not exists(path):
            return {}
        try:
            systems = load_json(read_text(path))["systems"]
            for numbers in systems.values():
                _require_numbers(numbers)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(
                "is no summary of a run, or damaged",
                "write it again with `nnpp bands RUN`",
                path,
            ) from error
        return systems

    @contextmanager
    def training(self, fresh: bool, steps: int) -> Iterator[Held]:
        """Lock the folder for training up to `steps`; remove earlier training if `fresh`."""
        with held(self.path, steps) as lock:
            read_outputs(self.path)
            if fresh:
                self.forget()
            yield lock

    def resume(self, identity: str) -> Resumed:
        """Return where the fit `identity` continues, the same on all processes."""
        return on_process_zero(partial(self._resume, identity))

    def _resume(self, identity: str) -> Resumed:
        found = newest(self.path / CHECKPOINTS, identity)
        step = 0 if found.checkpoint is None else found.checkpoint.step
        cut(self.path / METRICS, step or -1)  # a fit that begins writes its line 0 again
        if grown(self.path, METRICS) < 0:
            forget(self.path, [METRICS])
            kept = [self.path / METRICS] if step and exists(self.path / METRICS) else []
            record(self.path, kept, "train")
        lines = self.metrics() if step else []
        seconds = float(lines[-1].get("seconds", 0.0)) if lines else 0.0
        return Resumed(found.checkpoint, found.notes, seconds)

    def begin(self, numbers: Mapping[str, Any]) -> None:
        """Write and record the line of metrics before the first step, as step 0."""
        append(self.path / METRICS, {"step": 0} | dict(numbers))
        record(self.path, [self.path / METRICS], "train")

    def save(self, checkpoint: Checkpoint, numbers: Mapping[str, Any]) -> None:
        """Write a step: its line of metrics, then its checkpoint.

        A line without a checkpoint is removed when the fit is resumed.
        """
        append(self.path / METRICS, {"step": checkpoint.step} | dict(numbers))
        save(self.path / CHECKPOINTS, checkpoint)

    def forget(self) -> None:
        """Remove the steps of earlier training; results stay until new ones replace them."""
        clear(self.path / CHECKPOINTS)
        paths = (self.path / METRICS, *self.path.glob(f"{FRAMES}/*.npz"))
        for path in paths:
            path.unlink(missing_ok=True)
        forget(self.path, (str(path.relative_to(self.path)) for path in paths))


def refuse_unusable(folder: Path, *parts: str) -> None:
    """Raise an InputError if results cannot be written to a run folder, or to one within it.

    Args:
        folder: the folder of the run; it must not be that of a fit.yaml, nor within a run.
        parts: name of a folder within it.
    """
    for name in (FIT_NAME, CONFIG_NAME):
        if exists(folder / name):
            what = f"contains {name}, so that results would be mixed with inputs"
            raise InputError(what, "choose another folder (--out)", folder)
    for outer in folder.resolve().parents:
        if exists(outer / RUN_NAME):
            what = f"is within the run {outer.name}"
            raise InputError(what, "choose another folder (--out)", folder)
    refuse_leaving(folder, folder.joinpath(*parts))
    refuse_unwritable(folder.joinpath(*parts))


def is_run(fit: Fit) -> bool:
    """Return whether the fit was read from a run."""
    return fit.source.name == RUN_NAME


def is_at(fit: Fit, folder: Path) -> bool:
    """Return whether the fit is the run in this folder."""
    return is_run(fit) and fit.folder.resolve() == folder.resolve()


def refuse_other_run(fit: Fit, folder: Path) -> None:
    """Raise an error if results of a fit would replace those of a trained potential."""
    if RunFolder(folder).has(START) and not is_at(fit, folder):
        raise InputError(
            "contains a run with its own potential",
            f"use {folder} to compute with it, or choose another folder (--out)",
            folder,
        )


def identity(fit: Fit, start: Potential, read: list[str]) -> str:
    """Return the SHA-256 of all that determines a fit: configuration, inputs, first numbers."""
    digest = sha256(json.dumps([described(fit), read], sort_keys=True).encode())
    for leaf in jax.tree.leaves(start):
        digest.update(np.asarray(leaf, float).tobytes())
    return digest.hexdigest()


def described(fit: Fit) -> dict[str, Any]:
    """Return the configuration without titles, names of files and numbers of steps.

    Of a reference it has what changes its levels: which k-points are taken, and the scissor.
    """
    config = plain(fit.spec, fit.folder)
    for key in ("title", "tune"):
        config.pop(key, None)
    for key in ONLY_HOW_LONG:
        config["fit"].pop(key, None)
    for system, spec in zip(config["systems"], fit.spec.systems, strict=True):
        if isinstance(system["structure"], str):
            del system["structure"]
        system.pop("reference", None)
        for target in system.get("targets", ()):
            target.pop("dot", None)
        if spec.reference is not None:
            system |= spec.reference.model_dump(
                mode="json", exclude={"file", "format", "kpoints"}, exclude_defaults=True
            )
    config["potential"].pop("file", None)
    return config


def _require_numbers(numbers: dict[str, Any]) -> None:
    """Raise a ValueError if a value is neither a number nor missing."""
    values = [numbers.get(name) for name in NUMBERS] + list(numbers.get("rmse_mev") or [])
    if not all(x is None or type(x) in (int, float) for x in values):
        raise ValueError("not a number")
