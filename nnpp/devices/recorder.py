"""The recorder: the one place where a command writes. Listeners are called on process 0."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import Any, Protocol

from nnpp.devices.processes import any_process, on_process_zero

Listener = Callable[[Any], Iterable[Any] | None]
"""Handles one event: writes, draws or checks, and returns what it has to add, or nothing."""


class Guard(Protocol):
    """Knows whether files may be written, such as the lock of a folder."""

    def require(self) -> None:
        """Raise an error if nothing may be written any more."""


class Recorder:
    """Passes events to listeners on process 0, in their order; all processes share the result.

    All processes must call it with the same events. If a listener raises an error that the
    user can fix, every process raises it, and later listeners do not see the event.

    Args:
        listeners: called with every event, one after another.
        stop: whether this process was asked to stop, by a signal for example.
    """

    def __init__(self, *listeners: Listener, stop: Callable[[], bool] = lambda: False):
        self.listeners, self.stop = listeners, stop

    def __call__(self, event: Any) -> tuple[Any, ...]:
        """Return what the listeners add to an event: notes, or paths of files written."""
        return on_process_zero(partial(self._notify, event))

    def _notify(self, event: Any) -> tuple[Any, ...]:
        return tuple(x for listener in self.listeners for x in listener(event) or ())

    def stopped(self) -> bool:
        """Whether any process was asked to stop."""
        return any_process(self.stop())

    @contextmanager
    def holding(self, *contexts: AbstractContextManager[Guard]) -> Iterator["Recorder"]:
        """Hold contexts, such as the lock of a folder, on process 0 during a block.

        The yielded recorder asks their guards before each event.
        """
        guards: list[Guard] = []

        def require(event: Any) -> None:
            for guard in guards:
                guard.require()

        with ExitStack() as stack:
            for context in contexts:
                on_process_zero(lambda c=context: guards.append(stack.enter_context(c)))
            yield Recorder(require, *self.listeners, stop=self.stop)
