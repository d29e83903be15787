"""`nnpp init-fit`: prepare a run; a network without a reference form is first fitted to it.

A network with the form built in as v⁰ starts exactly there and needs no such fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.config.inputs import Fit
from nnpp.devices.parallel import one_device_per_core
from nnpp.errors import InputError
from nnpp.files.atomic import refuse_unwritable
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.objective import Objective
from nnpp.fitting.parameters import Parameters
from nnpp.fitting.targets.curves import FormTarget
from nnpp.formats.model import write_model
from nnpp.potentials.potential import Potential
from nnpp.runs.checkpoints import newest
from nnpp.runs.folder import CHECKPOINTS, START, RunFolder, identity
from nnpp.runs.lock import Held, held
from nnpp.setup.cases import Case
from nnpp.setup.method import stages_of
from nnpp.setup.potential import first_form, start_of
from nnpp.setup.prepare import prepare
from nnpp.workflows.bands.draw import curves_of, draw_potential
from nnpp.workflows.fits.provenance import about_model, contents, hashes, write_run

LENGTHS = np.linspace(0.0, 10.0, 401)
"""Wave numbers at which a network learns the form [bohr⁻¹]; importing must not start JAX."""

SHORT, MORE = 1.0, 10.0
"""Wave number [bohr⁻¹] up to which the form has this larger weight."""

STEPS, GOAL = 200, 2e-3
"""Maximum steps, and the RMS deviation [hartree·bohr³] at which the form is learned."""


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


def run_init_fit(fits: list[Fit], out: Path, fresh: bool = False) -> Iterator[Prepared]:
    """Prepare out/<fit> for each fit; input errors are raised before anything is written."""
    one_device_per_core()
    ready = [(fit, prepare(fit), hashes(fit)) for fit in fits]
    for fit, _, _ in ready:
        stages_of(fit.spec)
        refuse_unwritable(out / fit.name)
    for fit, cases, read in ready:
        with held(out / fit.name) as lock:
            yield _prepared(fit, cases, read, lock, fresh)


def _prepared(
    fit: Fit, cases: list[Case], read: dict[str, str], lock: Held, fresh: bool
) -> Prepared:
    """Prepare one run; checkpoints of another fit raise an error, or are removed if `fresh`."""
    folder, form = lock.path.parent, first_form(fit.spec.potential)
    start, learned = learn_form(start_of(fit.spec.potential), form)
    run = identity(fit, start, contents(fit))
    lock.require()
    if fresh:
        RunFolder(folder).forget()
    newest(folder / CHECKPOINTS, run)  # raises an error for those of another fit
    notes = (*fit.notes, *(f"{case.spec.name}: {n}" for case in cases for n in case.notes))
    about = about_model(fit, cases, read) | {"identity": run}
    paths = write_model(folder / START, start, about)
    paths.append(write_run(folder, replace(fit, notes=notes), read, {}))
    paths += draw_potential(folder, curves_of(start, cases, fit.name, form), START)
    return Prepared(fit.name, fit.source, learned, notes, tuple(paths))


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
