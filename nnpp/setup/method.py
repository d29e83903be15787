"""What a fit.yaml says of how it is fitted, as methods and rules for stopping."""

from dataclasses import dataclass, replace

from nnpp.config.spec import FitSettings, FitSpec
from nnpp.fitting.annealing import Annealing
from nnpp.fitting.gradient import Gradient, by_name, falling
from nnpp.fitting.levenberg_marquardt import FIRST, MOST, LevenbergMarquardt
from nnpp.fitting.method import Method
from nnpp.units import HARTREE_EV


@dataclass(frozen=True)
class Stage:
    """One method, for so many steps, with the objective as it is or eased."""

    name: str
    method: Method
    steps: int
    eased: bool = False


def stages_of(spec: FitSpec) -> tuple[Stage, ...]:
    """A random walk where one is wanted, then the method, at ease first if wanted."""
    settings, walk = spec.fit, spec.fit.annealing
    with spec.origin.error_context("fit", "method"):
        method = _method(settings)
    first = min(settings.eased, settings.steps)
    stages = [Stage(settings.method, method, settings.steps - first)]
    if settings.eased:
        stages.insert(0, Stage(settings.method, method, first, eased=True))
    if walk is not None:
        annealing = Annealing(walk.size, walk.beta * HARTREE_EV, walk.mode)
        stages.insert(0, Stage("annealing", annealing, walk.moves))
    return tuple(stages)


def _method(settings: FitSettings) -> LevenbergMarquardt | Gradient:
    """The method by its name."""
    if settings.method == "lm":
        return LevenbergMarquardt(settings.damping or FIRST)
    rate, schedule = settings.learning_rate, settings.schedule
    if schedule is None:
        return by_name(settings.method, rate, settings.options)
    fall = falling(rate, schedule.decay, schedule.every)
    return by_name(settings.method, fall, settings.options)


@dataclass(frozen=True)
class Course:
    """How far a fit has come; all that is needed to go on beside the state of its method.

    Attributes:
        step: steps done in all.
        stage: which stage is running.
        within: steps done in it.
        lowest: the lowest loss so far [eV²]; None before the first step.
        stale: steps since it last fell by more than the tolerance.
        ended: why the stage is over before its steps are, or "".
        tolerance: by which that was judged.
        patience: the same.
    """

    step: int = 0
    stage: int = 0
    within: int = 0
    lowest: float | None = None
    stale: int = 0
    ended: str = ""
    tolerance: float = 0.0
    patience: int | None = None

    def judged_by(self, settings: FitSettings) -> "Course":
        """The same; what ended by another tolerance or patience has not ended."""
        now = {"tolerance": settings.tolerance, "patience": settings.patience}
        same = now == {"tolerance": self.tolerance, "patience": self.patience}
        return self if same else replace(self, **now, stale=0, ended="")

    def after(
        self, loss: float, taken: bool, damping: float | None, settings: FitSettings
    ) -> "Course":
        """The course after one more step of the running stage; only `lm` has a damping."""
        before = self.lowest
        fell = before is None or before - loss > settings.tolerance * before
        lowest = loss if before is None else min(before, loss)
        on = replace(
            self,
            step=self.step + 1,
            within=self.within + 1,
            lowest=lowest,
            stale=0 if fell else self.stale + 1,
            tolerance=settings.tolerance,
            patience=settings.patience,
        )
        return replace(on, ended=_why(on, loss, taken and not fell, damping, settings))


def _why(
    course: Course, loss: float, settled: bool, damping: float | None, settings: FitSettings
) -> str:
    """Why a stage ends now, or ""."""
    if loss == 0:
        return "the loss is zero"
    if settings.patience is not None and course.stale >= settings.patience:
        return f"the loss has not fallen for {settings.patience} steps"
    if damping is None:
        return ""
    if settled:
        return f"the loss falls by less than {settings.tolerance:g} of itself"
    return "no direction leads down any more" if damping >= MOST else ""
