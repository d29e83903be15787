"""What do a fit and an ensemble of eight cost, in units of the fit?

zb-CdSe at 5 hartree against its shipped reference; a network without v⁰, which first learns the
form. One device for each core; wall time including compilation.
"""

from itertools import islice
from time import perf_counter

import jax

from benchmarks.fits import INPUTS, loss_ev2, read, steps
from benchmarks.process import verdict
from nnpp.devices.parallel import one_device_per_core
from nnpp.fitting.ensemble import mean_and_spread, train_members
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.setup.objective import objective_of
from nnpp.setup.potential import before_training, start_of
from nnpp.setup.prepare import prepare
from nnpp.units import HARTREE_EV
from nnpp.workflows.bands.options import Choices, chosen
from nnpp.workflows.train.ensemble import BY
from nnpp.workflows.train.init_fit import learn_form

CUTOFF, STEPS, MEMBERS, AIM = "5 hartree", 20, 8, 3.0


def run() -> None:
    """Run the fit, then an ensemble of each kind."""
    one_device_per_core()
    fit = chosen(read(INPUTS / "self-check", start="zero")[0], Choices(cutoff=CUTOFF))
    spec = fit.spec.potential
    start, _ = learn_form(start_of(spec), before_training(spec))
    objective = objective_of(fit, prepare(fit), start)
    began = perf_counter()
    *_, (state, _) = islice(steps(objective, LevenbergMarquardt()), STEPS + 1)
    alone = perf_counter() - began
    print(f"  fit, {STEPS} steps: {alone:.1f} s, {loss_ev2(state):.2e} eV²")
    for by in BY:
        _ensemble(objective, state.best, by, alone)


def _ensemble(objective, theta, by: str, alone: float) -> None:
    """Run one ensemble and print its cost."""
    began = perf_counter()
    keys = jax.random.split(jax.random.key(0), MEMBERS)
    plan = BY[by](objective, theta, keys, STEPS)
    *_, states = jax.block_until_ready(list(train_members(objective, plan)))
    E = jax.vmap(objective.sources[0].aligned)(states.measured.y[0])
    widest = float(mean_and_spread(E)[1].max()) * HARTREE_EV * 1e3
    seconds = perf_counter() - began
    ratio = (alone + seconds) / alone
    size = f"{MEMBERS} members by {by}, {plan.steps} steps each"
    print(f"  {size}: {seconds:.1f} s, levels spread by at most {widest:.2g} meV")
    print(f"    fit and ensemble cost {ratio:.2f} fits, {verdict(ratio, AIM)}", flush=True)
