"""The ledger of a running study: the progress and the result of every trial."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from nnpp.fitting.search import should_prune
from nnpp.runs.study import Study, Trial
from nnpp.workflows.tune.space import Space, rounded

HELD_OUT, TRAINING, ENDED, WHY = "held_out_mev", "training_mev", "ended", "why"
"""Keys of the reports of trials: errors after each step, the end, the reason of a failure."""

SECONDS = "time_total_s"
"""The duration, which Ray adds to every report."""

Report = Mapping[str, Any]


class Ledger:
    """Running trials by their names in Ray; each is passed to `record` when it ends."""

    def __init__(self, space: Space, steps: int, study: Study, record: Callable[[Trial], None]):
        self.space, self.steps, self.record = space, steps, record
        self.courses = {str(t.number): self._complete(t) for t in study.trials if not t.why}
        self.pruned: set[str] = set()

    def should_prune(self, name: str, report: Report) -> bool:
        """Return whether a trial should be stopped, compared with all others of the study."""
        if ENDED in report:
            return False
        others = [other for trial, other in self.courses.items() if trial != name]
        self.courses[name] = (*self.courses.get(name, ()), float(report[HELD_OUT]))
        if should_prune(self.courses[name], others, self.steps):
            self.pruned.add(name)
        return name in self.pruned

    def ended(self, name: str, drawn: Mapping[str, Any], report: Report) -> None:
        """Record a trial that finished, failed or was pruned; interrupted ones are dropped."""
        if WHY in report:
            self.failed(name, drawn, report, report[WHY])
        elif ENDED in report:
            self._record(name, drawn, report, "finished")
        elif name in self.pruned:
            self._record(name, drawn, report, "pruned")

    def failed(self, name: str, drawn: Mapping[str, Any], report: Report, why: str) -> None:
        """Record a failed trial; others are no longer compared with it."""
        self._record(name, drawn, report, "failed", why)
        del self.courses[name]

    def _complete(self, trial: Trial) -> tuple[float, ...]:
        """Return the errors after all steps; a converged trial keeps its last error."""
        rest = self.steps - trial.steps if trial.state == "finished" else 0
        return trial.course + trial.course[-1:] * rest

    def _record(
        self,
        name: str,
        drawn: Mapping[str, Any],
        report: Report,
        state: Literal["finished", "pruned", "failed"],
        why: str = "",
    ) -> None:
        """Pass a trial to the study, which assigns its number."""
        trial = Trial(
            number=0,
            values=rounded(self.space, drawn),
            state=state,
            course=self.courses.get(name, ()),
            training_mev=report.get(TRAINING),
            seconds=round(float(report.get(SECONDS, 0.0)), 3),
            why=why,
        )
        self.courses[name] = self._complete(trial)
        self.record(trial)
