"""How many steps does a fit take: Levenberg-Marquardt against Adam as DeePseudopot runs it?

zb-CdSe, network 20-20-20 of bare q without v⁰, random start, which init-fit teaches the form:
the sample of the older code, built here from the shipped inputs.
"""

from itertools import islice
from time import perf_counter

from benchmarks.fits import INPUTS, loss_ev2, read, steps
from nnpp.devices.parallel import one_device_per_core
from nnpp.fitting.gradient import by_name, falling
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.setup.objective import objective_of
from nnpp.setup.potential import before_training, start_of
from nnpp.units import HARTREE_EV
from nnpp.workflows.train.init_fit import learn_form

NETWORK = {
    "hidden": [20, 20, 20],
    "activation": "celu",
    "last_layer": "random",
    "features": {"kind": "bare"},
}
RATE, DECAY, EVERY = 0.005, 0.90, 20
"""Adam as the sample of DeePseudopot sets it."""

FEW, AIM, EPOCHS = 3, 30, 100
"""Adam is to need this many times the steps that lead Levenberg-Marquardt so far; its most."""


def run() -> None:
    """Both curves from one start."""
    one_device_per_core()
    fit, cases = read(INPUTS / "self-check", network=NETWORK)
    spec = fit.spec.potential
    start, learned = learn_form(start_of(spec), before_training(spec))
    print(f"  learned {learned}")
    objective = objective_of(fit, cases, start)
    reached = _curve("lm", objective, LevenbergMarquardt(), 10)
    adam = by_name("adam", falling(RATE, DECAY, EVERY), {})
    _against(reached, objective, adam)


def _curve(name: str, objective, method, count: int) -> list[float]:
    """The loss after each step, printed."""
    began = perf_counter()
    losses = [loss_ev2(s) for s, _ in islice(steps(objective, method), count + 1)]
    text = " ".join(f"{x:.2e}" for x in losses)
    print(f"  {name}: {text} eV² ({perf_counter() - began:.0f} s)")
    return losses


def _against(reached: list[float], objective, adam) -> None:
    """How many steps of Adam lead as far as a few of Levenberg-Marquardt."""
    losses = []
    for state, _ in islice(steps(objective, adam), EPOCHS + 1):
        losses.append(float(state.measured.loss) * HARTREE_EV**2)
        if losses[-1] <= reached[FEW]:
            break
    shown = {i: f"{losses[i]:.2e}" for i in (0, 1, 2, 5, 10, 20, 50, 100) if i < len(losses)}
    print(f"  adam: {shown} eV²")
    there = losses[-1] <= reached[FEW]
    count = len(losses) - 1
    word = "took" if there else "had not got there after"
    met = "met" if count >= AIM * FEW else "missed"
    print(f"  adam {word} {count} steps for what lm reached in {FEW}; aim ×{AIM}: {met}")
