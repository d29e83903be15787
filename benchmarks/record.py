"""Stored results: benchmarks/results/NAME.json, one entry for each run, the newest last."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("nnpp", "jax", "jaxlib", "numpy", "scipy")


def record(name: str, numbers: dict[str, Any]) -> None:
    """Append numbers with date, machine and versions."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.json"
    runs = json.loads(file.read_text("utf-8")) if file.exists() else []
    runs.append(
        {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": {"processor": _processor(), "cores": os.cpu_count()},
            "versions": {p: version(p) for p in PACKAGES}
            | {"python": platform.python_version()},
            "results": numbers,
        }
    )
    file.write_text(json.dumps(runs, indent=1) + "\n", "utf-8")


def _processor() -> str:
    """Return the name of the processor."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text("utf-8").splitlines() if about.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
