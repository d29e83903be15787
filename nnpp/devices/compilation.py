"""Number and duration of the compilations of JAX, one for each function and shape."""

import time
from dataclasses import dataclass

import jax

COMPILED, FOUND, ASKED = (
    "/jax/core/compile/backend_compile_duration",
    "/jax/compilation_cache/cache_hits",
    "/jax/compilation_cache/compile_requests_use_cache",
)
"""Events of JAX: a program is ready; the cache of earlier processes has it; it is needed."""


@dataclass
class Count:
    """Counts the programs of this process from its creation on.

    Attributes:
        programs: number of programs.
        found: how many of them were in the cache.
        seconds: time of compiling and of reading from the cache.
        asked: when the program that is being compiled was requested [s]; 0 if there is none.
    """

    programs: int = 0
    found: int = 0
    seconds: float = 0.0
    asked: float = 0.0

    def __post_init__(self):
        """Register the listeners."""
        jax.monitoring.register_event_duration_secs_listener(self._took)
        jax.monitoring.register_event_listener(self._happened)

    def _took(self, event: str, duration_secs: float, **_: object) -> None:
        """Count a program that is ready, and its seconds."""
        if event == COMPILED:
            self.programs += 1
            self.seconds += duration_secs
            self.asked = 0.0

    def _happened(self, event: str, **_: object) -> None:
        """Count a program that was found in the cache; note that one is needed."""
        self.found += event == FOUND
        if event in (ASKED, FOUND):
            self.asked = time.monotonic() if event == ASKED else 0.0

    def summary(self) -> str:
        """Return the counts as one line."""
        new = self.programs - self.found
        return f"{new} programs compiled, {self.found} found: {self.seconds:.1f} s"


_count: list[Count] = []


def watched() -> Count:
    """Return the count of this process, which begins with the first call."""
    if not _count:
        _count.append(Count())
    return _count[0]
