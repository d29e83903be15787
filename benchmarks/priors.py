"""What does a smooth v(q) cost in the fitted bands, and gain in a crystal that was not fitted?

zb-CdSe as shipped, with other weights of the prior on curvature ∫(d²v/dq²)²: its bands over
all k-points, and wurtzite CdSe, never fitted, from the same potential.

    python -m benchmarks priors       some ten minutes on two cores
"""

import tempfile
from pathlib import Path

from benchmarks.dft import PAIRS, row, wurtzite
from benchmarks.fits import shipped
from benchmarks.process import ran
from benchmarks.record import record
from nnpp.devices.parallel import one_device_per_core
from nnpp.formats.model import read_model

SHIPPED = "curvature: 2.0e-5"
WEIGHTS = ("4.0e-7", "4.0e-6", "2.0e-5", "1.0e-4", "1.0e-3")


def run() -> None:
    """Run one fit for each weight."""
    one_device_per_core()
    results = {}
    with tempfile.TemporaryDirectory() as place:
        for weight in WEIGHTS:
            to = Path(place) / weight
            to.mkdir()
            text = shipped("zb-CdSe")
            assert SHIPPED in text
            text = text.replace(SHIPPED, f"curvature: {weight}")
            (to / "fit.yaml").write_text(text, "utf-8")
            ran("-m", "nnpp.cli.app", "fit", str(to), "--out", place)
            potential = read_model(Path(place) / weight).potential
            print(f"  {weight:13}" + "".join(f"{p:>7}" for p in PAIRS), flush=True)
            results[weight] = {"zb": row(potential, "zb-CdSe"), "wz": wurtzite(potential)}
    record("priors", results)
