"""Signals that ask a fit to stop: the step at hand is finished and saved first."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from nnpp.cli import console

EXIT_STOPPED = 75
"""Exit code of a fit that a signal stopped: all is saved, start it again (EX_TEMPFAIL)."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class Stop:
    """Whether a signal has come."""

    def __init__(self, meaning: str):
        self.asked, self.meaning = False, meaning

    def __call__(self) -> bool:
        """As a method of training asks it."""
        return self.asked

    def _hear(self, number: int, frame: object) -> None:
        """Remember the first signal; the second one ends the step at hand as well."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        console.note(f"{signal.Signals(number).name}: {self.meaning}")


@contextmanager
def stop_on_signals(meaning: str = "stopping after this step") -> Iterator[Stop]:
    """Listen for the time of a block; the first signal is answered by what it means."""
    stop = Stop(meaning)
    before = {number: signal.signal(number, stop._hear) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
