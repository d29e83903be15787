"""Cores and memory as the operating system reports them, without starting JAX."""

import os
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
"""Where Linux keeps the limits of groups of processes: those of a container, or of a job."""

LIMITS = ("memory.max", "memory.limit_in_bytes")
"""The file of the limit of memory, in the second and in the first version of groups."""


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )


def memory() -> int | None:
    """Return the memory that is installed, or the lowest limit of a control group [bytes]."""
    if not hasattr(os, "sysconf"):
        return None
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([installed, *_limits(GROUPS, Path("/proc/self/cgroup"))])


def _limits(groups: Path, mine: Path) -> list[int]:
    """Return the limits of the groups of this process; `mine` lists them, one in a line."""
    if not mine.is_file():
        return []
    found = []
    for line in mine.read_text("utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root = groups / ("memory" if controllers else ".")
        inner = root / path.strip("/")
        for folder in (inner, *inner.parents):
            if folder.is_relative_to(root):
                found += [_number(folder / name) for name in LIMITS]
    return [limit for limit in found if limit is not None]


def _number(file: Path) -> int | None:
    """Return the number in a file; None without a file, or without a number, as `max`."""
    try:
        text = file.read_text("utf-8").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
