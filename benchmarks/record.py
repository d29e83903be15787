"""Results that stay: benchmarks/results/NAME.json, one entry a run, the newest last."""

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
    """Append what was measured, where, when, and with what."""
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
    """As the system names it."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text("utf-8").splitlines() if about.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
