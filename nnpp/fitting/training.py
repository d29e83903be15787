"""A fit as a sequence of stages, step by step; its state between two steps can be saved.

It knows no model, no file and no clock: nnpp/workflows/train/loop.py saves and reports.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nnpp.devices.parallel import replicated
from nnpp.devices.processes import synchronized
from nnpp.errors import InputError
from nnpp.fitting.levenberg_marquardt import MOST
from nnpp.fitting.method import Method, Theta, require_finite
from nnpp.fitting.objective import Objective
from nnpp.units import HARTREE_EV


@dataclass(frozen=True)
class Stage:
    """One method for a number of steps, with the objective as it is or eased."""

    name: str
    method: Method
    steps: int
    eased: bool = False


@dataclass(frozen=True)
class Stopping:
    """When a stage ends before its steps are done.

    Attributes:
        tolerance: relative decrease of the loss that counts as progress.
        patience: steps without progress after which a stage ends; None: never.
    """

    tolerance: float = 0.0
    patience: int | None = None


@dataclass(frozen=True)
class Course:
    """How far a fit has come: all that is needed to continue, besides the state of its method.

    Attributes:
        step: steps done in total.
        stage: the stage in progress.
        within: steps done in it.
        lowest: the lowest loss so far [eV²]; None before the first step.
        stale: steps since it last decreased by more than the tolerance.
        ended: why the stage ended before its steps were done, or "".
        tolerance: the tolerance that decided this.
        patience: the patience that decided this.
    """

    step: int = 0
    stage: int = 0
    within: int = 0
    lowest: float | None = None
    stale: int = 0
    ended: str = ""
    tolerance: float = 0.0
    patience: int | None = None

    def judged_by(self, stopping: Stopping) -> "Course":
        """Return the same course; a stage that ended by another rule has not ended."""
        now = {"tolerance": stopping.tolerance, "patience": stopping.patience}
        same = now == {"tolerance": self.tolerance, "patience": self.patience}
        return self if same else replace(self, **now, stale=0, ended="")

    def after(
        self, loss: float, accepted: bool, damping: float | None, stopping: Stopping
    ) -> "Course":
        """Return the course after one more step of the stage; only `lm` has a damping."""
        before = self.lowest
        fell = before is None or before - loss > stopping.tolerance * before
        course = replace(
            self,
            step=self.step + 1,
            within=self.within + 1,
            lowest=loss if before is None else min(before, loss),
            stale=0 if fell else self.stale + 1,
            tolerance=stopping.tolerance,
            patience=stopping.patience,
        )
        return replace(course, ended=_why(course, loss, accepted and not fell, damping))


def _why(course: Course, loss: float, converged: bool, damping: float | None) -> str:
    """Return why a stage ends now, or ""."""
    if loss == 0:
        return "the loss is zero"
    if course.patience is not None and course.stale >= course.patience:
        return f"the loss has not fallen for {course.patience} steps"
    if damping is None:
        return ""
    if converged:
        return f"the loss falls by less than {course.tolerance:g} of itself"
    return "no direction leads down any more" if damping >= MOST else ""


@dataclass(frozen=True)
class Progress:
    """The state of the running method, and how far the fit has come."""

    state: Any
    course: Course

    @property
    def at_best(self) -> bool:
        """Whether the last evaluation was that of the best θ."""
        return float(self.state.measured.loss) == float(self.state.lowest)


@dataclass(frozen=True)
class Training:
    """A fit of any model: what is minimised, and how.

    Attributes:
        objective: what is minimised.
        stages: the methods, one after another.
        stopping: when a stage ends early.
        seed: of random methods.
    """

    objective: Objective
    stages: tuple[Stage, ...]
    stopping: Stopping = field(default_factory=Stopping)
    seed: int = 0

    @property
    def steps(self) -> int:
        """Largest number of steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    @property
    def eased_until(self) -> int:
        """The step after which the objective is no longer eased; 0 if it never is."""
        eased = any(stage.eased for stage in self.stages)
        return self.steps - self.stages[-1].steps if eased else 0

    def objective_in(self, stage: int) -> Objective:
        """Return what is minimised in a stage."""
        return self.objective.eased() if self.stages[stage].eased else self.objective

    def start(self) -> Progress:
        """Return the state before the first step."""
        return self._enter(Course(), replicated(self.objective.parameters.start()))

    def advance(self, progress: Progress) -> Progress | None:
        """Return the state after one more step, or None if all stages have ended."""
        state, course = progress.state, progress.course
        while course.ended or course.within >= self.stages[course.stage].steps:
            if course.stage + 1 == len(self.stages):
                return None
            entered = self._enter(Course(course.step, course.stage + 1), state.best)
            state, course = entered.state, entered.course
        objective = self.objective_in(course.stage)
        state = synchronized(self.stages[course.stage].method.advance(objective, state))
        require_finite(objective, state)
        numbers = self.numbers(Progress(state, course))
        accepted, damping = numbers.get("accepted", True), numbers.get("damping")
        loss = float(state.lowest) * HARTREE_EV**2
        return Progress(state, course.after(loss, bool(accepted), damping, self.stopping))

    def numbers(self, progress: Progress) -> dict[str, Any]:
        """Return the log of a step: losses [eV²], RMS errors [meV], numbers of the method."""
        state = progress.state
        last = getattr(state, "trial", state.measured)
        numbers = {"loss_ev2": float(last.loss) * HARTREE_EV**2}
        numbers["best_ev2"] = float(state.lowest) * HARTREE_EV**2
        if any(getattr(source, "held", ()) for source in self.objective.sources):
            numbers["holdout_ev2"] = float(jnp.sum(state.measured.held)) * HARTREE_EV**2
        rms = self.objective.level_rms(state.measured)
        for name, x in zip(("rms_mev", "holdout_rms_mev"), rms, strict=True):
            if np.isfinite(x):
                numbers[name] = x * HARTREE_EV * 1e3
        numbers |= {name: x.item() for name, x in state.numbers().items()}
        return numbers | ({"eased": True} if self.stages[progress.course.stage].eased else {})

    def saved(self, progress: Progress) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the JSON values from which `resume` continues."""
        leaves = enumerate(jax.tree.leaves(progress.state.saved()))
        return {f"{i:03d}": np.asarray(leaf) for i, leaf in leaves}, asdict(progress.course)

    def resume(self, arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> Progress:
        """Return the state that was saved; raise an InputError if it has another form."""
        course = Course(**about).judged_by(self.stopping)
        method = self.stages[course.stage].method
        objective, theta = self.objective_in(course.stage), self.objective.parameters.start()
        like = jax.eval_shape(
            lambda t: method.start(objective, t, jax.random.key(0)).saved(), theta
        )
        leaves = [replicated(arrays[name]) for name in sorted(arrays)]
        wanted = [(x.shape, x.dtype) for x in jax.tree.leaves(like)]
        if [(x.shape, x.dtype) for x in leaves] != wanted:
            raise InputError(
                f"the checkpoint of step {course.step} is of another version of nnpp",
                "`--fresh` starts over",
            )
        saved = jax.tree.unflatten(jax.tree.structure(like), leaves)
        state = synchronized(method.resume(objective, saved))
        require_finite(objective, state)
        return Progress(state, course)

    def _enter(self, course: Course, theta: Theta) -> Progress:
        """Return the state at the beginning of a stage."""
        key = jax.random.fold_in(jax.random.key(self.seed), course.stage)
        objective = self.objective_in(course.stage)
        state = synchronized(self.stages[course.stage].method.start(objective, theta, key))
        require_finite(objective, state)
        return Progress(state, course)
