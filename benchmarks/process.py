"""Run a command as a separate process: seconds, peak memory, output."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Ran:
    """Time and memory of a process, and its lines with the seconds after which they came."""

    seconds: float
    peak_gb: float
    lines: tuple[tuple[float, str], ...]

    @property
    def output(self) -> str:
        """The complete output."""
        return "".join(line for _, line in self.lines)


def verdict(measured: float, aim: float) -> str:
    """Return whether an aim was met, and by which factor it was missed."""
    return f"aim {aim:g}: " + (
        "met" if measured <= aim else f"MISSED, {measured / aim:.2f} times"
    )


def ran(*arguments: str, **environment: str) -> Ran:
    """Run this Python with `arguments`; the peak memory is that of the process itself."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = tuple((time.perf_counter() - start, line) for line in process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    kilobyte = 1 if sys.platform == "darwin" else 1024
    done = Ran(time.perf_counter() - start, usage.ru_maxrss * kilobyte / 1e9, lines)
    if status:
        sys.exit(f"failed: {' '.join(arguments)}\n{done.output}")
    return done
