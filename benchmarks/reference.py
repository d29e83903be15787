"""Make the reference results: `nnpp fit inputs/`, and what is kept of it.

Summaries and figures go to results/reference/, potentials to nnpp/shipped/.
"""

import os
import shutil
import tempfile
from pathlib import Path

from PIL import Image

from benchmarks.fits import INPUTS
from benchmarks.process import ran
from nnpp.files.tensors import ARRAYS, COPY, STEM
from nnpp.formats.shipped import FOLDER

KEPT = ("summary.json", "history.png", "errors.png", "potential.png", "*/bands.png")
LARGEST_KB, COLOURS = 200, 64

SHIPPED = ("III-V", "zb-CdSe")
"""Fits whose potentials are shipped; that of self-check is an exercise."""


def run() -> None:
    """Fit the shipped inputs or use NNPP_RUNS; replace results/reference/."""
    if "NNPP_RUNS" in os.environ:
        keep(Path(os.environ["NNPP_RUNS"]))
        return
    with tempfile.TemporaryDirectory() as out:
        done = ran("-m", "nnpp.cli.app", "fit", str(INPUTS), "--out", out)
        keep(Path(out))
    print(f"  {done.seconds:.0f} s, peak memory {done.peak_gb:.2f} GB")


def keep(out: Path) -> None:
    """Replace results/reference/ and nnpp/shipped/ by what the runs in a folder hold."""
    to = INPUTS.parent / "results" / "reference"
    shutil.rmtree(to, ignore_errors=True)
    names = [path.parent.name for path in sorted(INPUTS.glob("*/fit.yaml"))]
    kept = (p for fit in names for name in KEPT for p in sorted((out / fit).glob(name)))
    for path in kept:
        copy = to / path.relative_to(out)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        _slimmed(copy)
        if (size := copy.stat().st_size / 1e3) > LARGEST_KB:
            print(f"  {copy.relative_to(to)} is {size:.0f} kB, more than {LARGEST_KB}")
    FOLDER.mkdir(exist_ok=True)
    for fit in SHIPPED:
        for suffix in (ARRAYS, COPY):
            shutil.copy(out / fit / f"{STEM}{suffix}", FOLDER / f"{fit}{suffix}")


def _slimmed(file: Path) -> None:
    """Save a figure again with few colours."""
    if file.suffix == ".png":
        with Image.open(file) as image:
            image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
                file, optimize=True, dpi=image.info["dpi"]
            )
