"""How long do the shipped fits take, from typing to figures?"""

import tempfile
from pathlib import Path

from benchmarks.process import ran, verdict

INPUTS = Path(__file__).parents[1] / "inputs"


def run() -> None:
    """`nnpp bands inputs/ --plot`, compiling included."""
    with tempfile.TemporaryDirectory() as out:
        done = ran("-m", "nnpp.cli.app", "bands", str(INPUTS), "--plot", "--out", out)
    aim = verdict(done.seconds, 60)
    print(f"  {done.seconds:.1f} s, {aim}; peak memory {done.peak_gb:.2f} GB")
