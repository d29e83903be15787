"""The ledger of a study that runs: how far every trial has come, and what it came to."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from nnpp.fitting.search import hopeless
from nnpp.runs.study import Study, Trial
from nnpp.workflows.tune.space import Space, rounded

HELD_OUT, TRAINING, ENDED, WHY = "held_out_mev", "training_mev", "ended", "why"
"""What trials report: errors after each step, that they are done, why they are not."""

SECONDS = "time_total_s"
"""What is added to every report on its way."""

Report = Mapping[str, Any]


class Ledger:
    """Trials by a name of their own, until they end and are told."""

    def __init__(self, space: Space, steps: int, study: Study, tell: Callable[[Trial], None]):
        self.space, self.steps, self.tell = space, steps, tell
        self.courses = {str(t.number): self._whole(t) for t in study.trials if not t.why}
        self.pruned: set[str] = set()

    def is_hopeless(self, name: str, report: Report) -> bool:
        """Whether a trial is not worth another step, beside all others of the study."""
        if ENDED in report:
            return False
        others = [other for trial, other in self.courses.items() if trial != name]
        self.courses[name] = (*self.courses.get(name, ()), float(report[HELD_OUT]))
        if hopeless(self.courses[name], others, self.steps):
            self.pruned.add(name)
        return name in self.pruned

    def ended(self, name: str, drawn: Mapping[str, Any], report: Report) -> None:
        """A trial did all its steps, failed or was stopped; one broken off is not told."""
        if WHY in report:
            self.failed(name, drawn, report, report[WHY])
        elif ENDED in report:
            self._tell(name, drawn, report, "finished")
        elif name in self.pruned:
            self._tell(name, drawn, report, "pruned")

    def failed(self, name: str, drawn: Mapping[str, Any], report: Report, why: str) -> None:
        """A trial could not go on; nothing is measured by it any more."""
        self._tell(name, drawn, report, "failed", why)
        del self.courses[name]

    def _whole(self, trial: Trial) -> tuple[float, ...]:
        """Its course; one that needed no more steps would have stayed where it was."""
        rest = self.steps - trial.steps if trial.state == "finished" else 0
        return trial.course + trial.course[-1:] * rest

    def _tell(
        self,
        name: str,
        drawn: Mapping[str, Any],
        report: Report,
        state: Literal["finished", "pruned", "failed"],
        why: str = "",
    ) -> None:
        """One more trial for the study, which gives it its number."""
        trial = Trial(
            number=0,
            values=rounded(self.space, drawn),
            state=state,
            course=self.courses.get(name, ()),
            training_mev=report.get(TRAINING),
            seconds=round(float(report.get(SECONDS, 0.0)), 3),
            why=why,
        )
        self.courses[name] = self._whole(trial)
        self.tell(trial)
