"""The methods and stopping rules that a fit.yaml describes."""

from nnpp.config.spec import FitSettings, FitSpec
from nnpp.fitting.annealing import MODES, Annealing
from nnpp.fitting.gradient import Gradient, by_name, falling
from nnpp.fitting.levenberg_marquardt import FIRST, LevenbergMarquardt
from nnpp.fitting.objective import Objective
from nnpp.fitting.training import Stage, Stopping, Training
from nnpp.units import HARTREE_EV


def training_of(spec: FitSpec, objective: Objective) -> Training:
    """Return the fit of an objective as a fit.yaml describes it."""
    settings = spec.fit
    stopping = Stopping(settings.tolerance, settings.patience)
    return Training(objective, stages_of(spec), stopping, settings.seed)


def stages_of(spec: FitSpec) -> tuple[Stage, ...]:
    """Return a random walk if requested, then the method, first steps eased if requested."""
    settings, walk = spec.fit, spec.fit.annealing
    with spec.origin.error_context("fit", "method"):
        method = _method(settings)
    first = min(settings.eased, settings.steps)
    stages = [Stage(settings.method, method, settings.steps - first)]
    if settings.eased:
        stages.insert(0, Stage(settings.method, method, first, eased=True))
    if walk is not None:
        annealing = Annealing(walk.size, walk.beta * HARTREE_EV, MODES[walk.mode])
        stages.insert(0, Stage("annealing", annealing, walk.moves))
    return tuple(stages)


def _method(settings: FitSettings) -> LevenbergMarquardt | Gradient:
    """Return the method with the name in the settings."""
    if settings.method == "lm":
        return LevenbergMarquardt(settings.damping or FIRST)
    rate, schedule = settings.learning_rate, settings.schedule
    if schedule is None:
        return by_name(settings.method, rate, settings.options)
    fall = falling(rate, schedule.decay, schedule.every)
    return by_name(settings.method, fall, settings.options)
