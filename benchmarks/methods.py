"""How many steps does a fit take with Levenberg-Marquardt, and with Adam?

zb-CdSe, network 20-20-20 of bare q without v⁰, random start, which first learns the form. This
is the sample of DeePseudopot, made from the shipped inputs.
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
"""Settings of Adam in the sample of DeePseudopot."""

FEW, AIM, EPOCHS = 3, 30, 100
"""Steps of Levenberg-Marquardt; the aim for the steps of Adam, as a factor; its most steps."""


def run() -> None:
    """Print both curves from one start."""
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
    """Print and return the loss after each step."""
    began = perf_counter()
    losses = [loss_ev2(s) for s, _ in islice(steps(objective, method), count + 1)]
    text = " ".join(f"{x:.2e}" for x in losses)
    print(f"  {name}: {text} eV² ({perf_counter() - began:.0f} s)")
    return losses


def _against(reached: list[float], objective, adam) -> None:
    """Print how many steps Adam takes for the loss of a few of Levenberg-Marquardt."""
    losses = []
    for state, _ in islice(steps(objective, adam), EPOCHS + 1):
        losses.append(float(state.measured.loss) * HARTREE_EV**2)
        if losses[-1] <= reached[FEW]:
            break
    shown = {i: f"{losses[i]:.2e}" for i in (0, 1, 2, 5, 10, 20, 50, 100) if i < len(losses)}
    print(f"  adam: {shown} eV²")
    there = losses[-1] <= reached[FEW]
    count = len(losses) - 1
    word = "took" if there else "did not get there in"
    met = "met" if count >= AIM * FEW else "missed"
    print(f"  adam {word} {count} steps for what lm reached in {FEW}; aim ×{AIM}: {met}")
