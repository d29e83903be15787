"""`nnpp init-fit`: prepare a run; a network without a reference form is first fitted to it.

A network with the form built in as v⁰ starts exactly there and needs no such fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.config.inputs import Fit
from nnpp.devices.start import start_devices
from nnpp.errors import InputError
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.curves import FormTarget
from nnpp.formats.model import write_model
from nnpp.potentials.potential import Potential
from nnpp.runs.checkpoints import newest
from nnpp.runs.folder import CHECKPOINTS, START, RunFolder, identity, refuse_unusable
from nnpp.runs.lock import Held, held
from nnpp.runs.outputs import read_outputs, record
from nnpp.setup.cases import Case
from nnpp.setup.method import training_of
from nnpp.setup.objective import objective_of
from nnpp.setup.potential import first_form, start_of
from nnpp.setup.prepare import prepare
from nnpp.workflows.bands.draw import curves_of, draw_potential
from nnpp.workflows.fits.provenance import about_model, contents, hashes, write_run
from nnpp.workflows.train.ensemble import Wanted, refuse_impossible

LENGTHS = np.linspace(0.0, 10.0, 401)
"""Wave numbers at which a network learns the form [bohr⁻¹]; importing must not start JAX."""

SHORT, MORE = 1.0, 10.0
"""Wave number [bohr⁻¹] up to which the form has this larger weight."""

NO_ENSEMBLE = Wanted(0, "kpoints", False)

STEPS, GOAL = 200, 2e-3
"""Maximum steps, and the RMS deviation [hartree·bohr³] at which the form is learned."""


@dataclass(frozen=True)
class Ready:
    """A fit that was checked, and can be written.

    Attributes:
        fit: the fit.
        cases: its systems.
        read: the hashes of its files.
        form: the form that its network learns first; None if it learns none.
        start: the potential before training.
        learned: what its network has learned, in words.
        identity: SHA-256 of all that determines the fit.
    """

    fit: Fit
    cases: list[Case]
    read: dict[str, str]
    form: Potential | None
    start: Potential
    learned: str
    identity: str


@dataclass(frozen=True)
class Prepared:
    """A run is ready to be trained.

    Attributes:
        name: name of the run.
        source: file that it was read from.
        learned: what its network has learned, in words.
        notes: notes on the fit and its systems.
        paths: files written.
    """

    name: str
    source: Path
    learned: str
    notes: tuple[str, ...]
    paths: tuple[Path, ...]


def run_init_fit(
    fits: list[Fit], out: Path, fresh: bool = False, wanted: Wanted = NO_ENSEMBLE
) -> Iterator[Prepared]:
    """Prepare out/<fit> for each fit; input errors are raised before anything is written.

    Args:
        fits: the fits.
        out: folder of the runs.
        fresh: whether earlier training of these runs is discarded.
        wanted: an ensemble that will be trained, and must be possible.
    """
    start_devices()
    ready = [_ready(fit, wanted) for fit in fits]
    for one in ready:
        refuse_unusable(out / one.fit.name)
        read_outputs(out / one.fit.name)
        if not fresh:  # raises an error for checkpoints of another fit
            newest(out / one.fit.name / CHECKPOINTS, one.identity)
    for one in ready:
        with held(out / one.fit.name) as lock:
            yield _prepared(one, lock, fresh)


def _ready(fit: Fit, wanted: Wanted) -> Ready:
    """Return a fit with its start; raise an error if it, or its ensemble, cannot be trained."""
    cases, read = prepare(fit), hashes(fit)
    start, form = start_of(fit.spec.potential), first_form(fit.spec.potential)
    objective = training_of(fit.spec, objective_of(fit, cases, start)).objective
    refuse_impossible(objective, cases, wanted, fit.source)
    with fit.spec.origin.error_context("potential"):
        start, learned = learn_form(start, form)
    run = identity(fit, start, contents(fit))
    return Ready(fit, cases, read, form, start, learned, run)


def _prepared(one: Ready, lock: Held, fresh: bool) -> Prepared:
    """Write one run; the steps of earlier training are removed if `fresh`."""
    fit, cases, folder = one.fit, one.cases, lock.path.parent
    lock.require()
    if fresh:
        RunFolder(folder).forget()
    notes = (*fit.notes, *(f"{case.spec.name}: {n}" for case in cases for n in case.notes))
    about = about_model(fit, cases, one.read) | {"identity": one.identity}
    paths = write_model(folder / START, one.start, about)
    paths.append(write_run(folder, replace(fit, notes=notes), one.read, {}))
    paths += draw_potential(folder, curves_of(one.start, cases, fit.name, one.form), START)
    record(folder, paths, "init-fit")
    return Prepared(fit.name, fit.source, one.learned, notes, tuple(paths))


def learn_form(
    start: Potential, form: Potential | None, most: int = STEPS
) -> tuple[Potential, str]:
    """Return the start fitted to the form in at most `most` steps, and a text on its error."""
    if form is None:
        return start, "nothing to learn: the start is exact"
    q = jnp.asarray(LENGTHS)
    v, weights = form.local(q), jnp.where(q <= SHORT, MORE, 1.0)
    parameters = Parameters(start, ("local",))
    objective = Objective(parameters, (FormTarget(q, v, weights),))
    goal, method, steps = GOAL**2 * v.size, LevenbergMarquardt(), 0
    step = method.start(objective, parameters.start())
    while steps < most and step.lowest > goal:
        step, steps = method.advance(objective, step), steps + 1
    learned = parameters.put(step.best)
    apart = jnp.sqrt(jnp.mean((learned.local(q) - v) ** 2))
    if not bool(jnp.isfinite(apart)):
        raise InputError("the Zunger form is not finite below 10 bohr⁻¹", "correct its numbers")
    return learned, f"the Zunger form to {float(apart):.2g} hartree·bohr³ in {steps} steps"
