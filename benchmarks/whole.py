"""How long does a complete fit take, with an empty cache of programs and with a full one?"""

import tempfile
from pathlib import Path

from benchmarks.fits import INPUTS
from benchmarks.process import ran, verdict
from benchmarks.record import record

FITS = {"III-V": (INPUTS / "III-V", 300.0), "self-check": (INPUTS / "self-check", 60.0)}
"""The fits, with the aim for an empty cache [s]."""


def run() -> None:
    """Run each fit twice in an empty folder."""
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
    """Return the seconds to the first printed step and to the end; the cache is in `place`."""
    done = ran(
        "-m", "nnpp.cli.app", "fit", str(folder), "--out", str(place / turn),
        JAX_COMPILATION_CACHE_DIR=str(place / "cache"), PYTHONUNBUFFERED="1",
    )  # fmt: skip
    first = next(after for after, line in done.lines if line.split()[:1] == ["1"])
    return first, done.seconds
