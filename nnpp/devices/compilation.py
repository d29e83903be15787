"""Programs: JAX compiles each function once for each shape; how many, and how long it took."""

from dataclasses import dataclass

import jax

COMPILED, FOUND = (
    "/jax/core/compile/backend_compile_duration",
    "/jax/compilation_cache/cache_hits",
)
"""Events of JAX: a program is ready; it was found among those that an earlier process kept."""


@dataclass
class Count:
    """What became of the programs of a process since it was made.

    Attributes:
        programs: how many were needed.
        found: how many of them an earlier process had compiled.
        seconds: taken by compiling the others and reading these.
    """

    programs: int = 0
    found: int = 0
    seconds: float = 0.0

    def __post_init__(self):
        """Listen from now on."""
        jax.monitoring.register_event_duration_secs_listener(self._took)
        jax.monitoring.register_event_listener(self._happened)

    def _took(self, event: str, duration_secs: float, **_: object) -> None:
        """Hear of a program that is ready."""
        if event == COMPILED:
            self.programs += 1
            self.seconds += duration_secs

    def _happened(self, event: str, **_: object) -> None:
        """Hear of a program that was found."""
        self.found += event == FOUND

    def summary(self) -> str:
        """In a line."""
        new = self.programs - self.found
        return f"{new} programs compiled, {self.found} found: {self.seconds:.1f} s"
