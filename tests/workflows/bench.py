"""Replacement for Ray: trials that compute nothing and have known errors."""

import sys
from contextlib import nullcontext
from types import SimpleNamespace

from nnpp.config.tuning import EDGES
from nnpp.runs.study import Trial
from nnpp.workflows.tune import tune
from tests.fitting.samples import SYSTEM
from tests.workflows.test_space import SIGMA, cases_of

SPACE = "space: {potential.envelope.sigma: [1.0, 4.0], systems.weights.edges: [1, 100]}"
FIT = f"fit: {{method: lm, steps: 2, hold_out: 0.25}}\ntune: {{trials: 6, {SPACE}}}\n"
WEIGHED = SYSTEM + "    weights: {bands: [1, 1, 1, 20, 20, 1, 1, 1]}\n"


class Bench:
    """The fit itself, then increasing σ; 2.4 is best, `bad` ones fail, the sixth is pruned."""

    def __init__(self, bad=()):
        self.bad, self.plans = bad, []

    def run_parallel(self, plan, study, stop):
        self.plans.append(plan)
        for i in range(len(study.trials), plan.trials):
            if stop():
                return
            drawn = dict(plan.first) if i == 0 else {SIGMA: 1.1 + 0.5 * i, EDGES: 10.0 * i}
            yield self.trial(drawn, i)

    def trial(self, values, i):
        common = {"number": 0, "values": values, "seconds": 1.0}
        if values[SIGMA] in self.bad:
            return Trial(state="failed", why="zb: the loss is inf", **common)
        error = abs(values[SIGMA] - 2.4) + 1
        state = "pruned" if i == 5 else "finished"
        course = (2 * error, error)
        return Trial(state=state, course=course, training_mev=error / 2, **common)


def replace_ray(monkeypatch, *bad):
    """Replace the executor by a bench, and systems by ones without plane waves."""
    bench = Bench(bad)
    executor = SimpleNamespace(
        started=lambda address: nullcontext(2),
        run_parallel=bench.run_parallel,
        Plan=SimpleNamespace,
    )
    monkeypatch.setitem(sys.modules, "nnpp.workflows.tune.ray_executor", executor)
    monkeypatch.setattr(tune, "find_spec", lambda name: True)
    monkeypatch.setattr(tune, "prepare", cases_of)
    return bench
