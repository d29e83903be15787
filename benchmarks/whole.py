"""How long is a whole fit, from typing to figures, with an empty cache and with a full one?"""

import tempfile
from pathlib import Path

from benchmarks.fits import INPUTS
from benchmarks.process import ran, verdict
from benchmarks.record import record

FITS = {"III-V": (INPUTS / "III-V", 300.0), "self-check": (INPUTS / "self-check", 60.0)}
"""What is fitted, and the seconds it may take with an empty cache."""


def run() -> None:
    """Each fit twice, in a folder of its own."""
    results = {}
    for name, (folder, aim) in FITS.items():
        with tempfile.TemporaryDirectory() as place:
            cold, warm = (_seconds(folder, Path(place), turn) for turn in ("cold", "warm"))
        print(f"  {name}: first step after {cold[0]:.1f} s, all {cold[1]:.1f} s, ", end="")
        print(f"{verdict(cold[1], aim)}; again {warm[0]:.1f} s, {warm[1]:.1f} s")
        results[name] = {
            "cold_first_step_s": round(cold[0], 1),
            "cold_s": round(cold[1], 1),
            "warm_first_step_s": round(warm[0], 1),
            "warm_s": round(warm[1], 1),
        }
    record("whole", results)


def _seconds(folder: Path, place: Path, turn: str) -> tuple[float, float]:
    """Until the first step is told, and until the end; the cache of programs is in `place`."""
    done = ran(
        "-m", "nnpp.cli.app", "fit", str(folder), "--out", str(place / turn),
        JAX_COMPILATION_CACHE_DIR=str(place / "cache"), PYTHONUNBUFFERED="1",
    )  # fmt: skip
    first = next(after for after, line in done.lines if line.split()[:1] == ["1"])
    return first, done.seconds
