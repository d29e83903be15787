"""Number and duration of the compilations of JAX, one for each function and shape."""

from dataclasses import dataclass

import jax

COMPILED, FOUND = (
    "/jax/core/compile/backend_compile_duration",
    "/jax/compilation_cache/cache_hits",
)
"""Events of JAX: a program is ready; it was found in the cache of earlier processes."""


@dataclass
class Count:
    """Counts the programs of this process from its creation on.

    Attributes:
        programs: number of programs.
        found: how many of them were in the cache.
        seconds: time of compiling and of reading from the cache.
    """

    programs: int = 0
    found: int = 0
    seconds: float = 0.0

    def __post_init__(self):
        """Register the listeners."""
        jax.monitoring.register_event_duration_secs_listener(self._took)
        jax.monitoring.register_event_listener(self._happened)

    def _took(self, event: str, duration_secs: float, **_: object) -> None:
        """Count a program that is ready, and its seconds."""
        if event == COMPILED:
            self.programs += 1
            self.seconds += duration_secs

    def _happened(self, event: str, **_: object) -> None:
        """Count a program that was found in the cache."""
        self.found += event == FOUND

    def summary(self) -> str:
        """Return the counts as one line."""
        new = self.programs - self.found
        return f"{new} programs compiled, {self.found} found: {self.seconds:.1f} s"
