"""The state of a method between two steps: begun, saved as a checkpoint, taken up again."""

from dataclasses import asdict
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.devices.parallel import replicated
from nnpp.devices.processes import on_process_zero, synchronized
from nnpp.errors import InputError
from nnpp.fitting.finite import refuse_unsound
from nnpp.fitting.objective import Objective
from nnpp.runs.checkpoint_file import Checkpoint
from nnpp.runs.checkpoints import newest
from nnpp.runs.folder import CHECKPOINTS
from nnpp.setup.method import Course
from nnpp.units import HARTREE_EV
from nnpp.workflows.train.run import Run

Place = tuple[Any, Course]
"""The state of the running method, and how far the fit has come."""


def begun_or_resumed(run: Run) -> tuple[Place, tuple[str, ...]]:
    """Where the fit stands, and which checkpoints were refused."""
    found = on_process_zero(partial(newest, run.folder / CHECKPOINTS, run.identity))
    if found.checkpoint is None:
        return entered(run, Course(), replicated(run.objective.parameters.start())), found.notes
    return _resumed(run, found.checkpoint), found.notes


def entered(run: Run, course: Course, theta: jax.Array) -> Place:
    """At the beginning of a stage."""
    key = jax.random.fold_in(jax.random.key(run.fit.spec.fit.seed), course.stage)
    objective = run.objective_in(course.stage)
    state = synchronized(run.stages[course.stage].method.start(objective, theta, key))
    refuse_unsound(objective, state)
    return state, course


def advanced(run: Run, place: Place) -> Place | None:
    """After one more step, or None where nothing is left to be done."""
    state, course = place
    while course.ended or course.within >= run.stages[course.stage].steps:
        if course.stage + 1 == len(run.stages):
            return None
        following = Course(course.step, course.stage + 1)
        state, course = entered(run, following, state.best)
    objective = run.objective_in(course.stage)
    state = synchronized(run.stages[course.stage].method.advance(objective, state))
    refuse_unsound(objective, state)
    numbers = numbers_of(objective, state)
    taken, damping = numbers.get("accepted", True), numbers.get("damping")
    loss = float(state.lowest) * HARTREE_EV**2
    return state, course.after(loss, bool(taken), damping, run.fit.spec.fit)


def numbers_of(objective: Objective, state: Any) -> dict[str, Any]:
    """What is written of a step: losses in eV², and what the method says of itself."""
    seen = getattr(state, "trial", state.measured)
    numbers = {"loss_ev2": float(seen.loss) * HARTREE_EV**2}
    numbers["best_ev2"] = float(state.lowest) * HARTREE_EV**2
    if any(getattr(source, "held", ()) for source in objective.sources):
        numbers["holdout_ev2"] = float(jnp.sum(state.measured.held)) * HARTREE_EV**2
    return numbers | {name: x.item() for name, x in state.numbers().items()}


def checkpoint(run: Run, place: Place) -> Checkpoint:
    """All that is needed to go on, as a file keeps it."""
    state, course = place
    leaves = enumerate(jax.tree.leaves(state.saved()))
    arrays = {f"{i:03d}": np.asarray(leaf) for i, leaf in leaves}
    return Checkpoint(course.step, arrays, asdict(course), run.identity)


def _resumed(run: Run, found: Checkpoint) -> Place:
    """The place that a checkpoint keeps."""
    course = Course(**found.about).judged_by(run.fit.spec.fit)
    method = run.stages[course.stage].method
    objective, theta = run.objective_in(course.stage), run.objective.parameters.start()
    like = jax.eval_shape(
        lambda t: method.start(objective, t, jax.random.key(0)).saved(), theta
    )
    leaves = [replicated(found.arrays[name]) for name in sorted(found.arrays)]
    wanted = [(x.shape, x.dtype) for x in jax.tree.leaves(like)]
    if [(x.shape, x.dtype) for x in leaves] != wanted:
        raise InputError(
            f"the checkpoint of step {found.step} is of another version of nnpp",
            "`--fresh` starts over",
            run.folder / CHECKPOINTS,
        )
    saved = jax.tree.unflatten(jax.tree.structure(like), leaves)
    state = synchronized(method.resume(objective, saved))
    refuse_unsound(objective, state)
    return state, course
