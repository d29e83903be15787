"""Signals that stop a fit: the current step is finished and saved first."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EXIT_STOPPED = 75
"""Exit code of a fit stopped by a signal: everything is saved, start it again (EX_TEMPFAIL)."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class Stop:
    """A callable that returns True once a signal has arrived."""

    def __init__(self, report: Callable[[str], None], meaning: str):
        self.requested, self.report, self.meaning = False, report, meaning

    def __call__(self) -> bool:
        """Return whether the training loop should stop."""
        return self.requested

    def _handle(self, number: int, frame: object) -> None:
        """Record the first signal; the second one interrupts the current step as well."""
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self.report(f"{signal.Signals(number).name}: {self.meaning}")


@contextmanager
def stop_on_signals(
    report: Callable[[str], None], meaning: str = "stopping after this step"
) -> Iterator[Stop]:
    """Handle SIGTERM, SIGINT and SIGUSR1 inside a block, and restore the old handlers after it.

    Args:
        report: prints one line; it is called with `meaning` when the first signal arrives.
        meaning: what the signal does.
    """
    stop = Stop(report, meaning)
    before = {number: signal.signal(number, stop._handle) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
