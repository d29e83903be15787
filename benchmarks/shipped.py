"""How long does `nnpp bands inputs/ --plot` take for the shipped fits?"""

import tempfile
from pathlib import Path

from benchmarks.process import ran, verdict

INPUTS = Path(__file__).parents[1] / "inputs"


def run() -> None:
    """Print seconds, including compilation, and peak memory."""
    with tempfile.TemporaryDirectory() as out:
        done = ran("-m", "nnpp.cli.app", "bands", str(INPUTS), "--plot", "--out", out)
    aim = verdict(done.seconds, 60)
    print(f"  {done.seconds:.1f} s, {aim}; peak memory {done.peak_gb:.2f} GB")
