"""Your own bands: from a GPAW file to a potential

`nnpp import` makes a fit from the file of another program; here bands of silicon by GPAW. The
cutoff and the number of steps are small.
"""

import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import nnpp
from nnpp.cli.app import app
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.units import HARTREE_EV

SAMPLE = Path(__file__).parents[1] / "tests/formats/codes/data/gpaw/si.gpw"


def run(*words: str) -> None:
    """Run a command of nnpp."""
    app(list(words), standalone_mode=False)


shutil.rmtree("inputs/silicon", ignore_errors=True)
run("import", str(SAMPLE), "--fit", "silicon", "--cutoff", "4 hartree")
run("fit", "inputs/silicon", "--steps", "8", "--fresh")

fitted = nnpp.load("results/silicon")
reference = read_bands_h5(Path("inputs/silicon/Si.h5"))
theirs = reference.bands
ours = fitted.bands(reference.crystal, theirs.kpoints, n=theirs.E.shape[1])
E, E_ref = ((b.E - b.E[:, theirs.occupied - 1].max()) * HARTREE_EV for b in (ours, theirs))
error = 1e3 * np.sqrt(np.mean((np.asarray(E) - E_ref) ** 2, axis=0))

fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3), layout="constrained")
left.plot(E_ref, "o", ms=3, color="0.6")
left.plot(E, color="C0", lw=1)
left.set(xlabel="k-point", ylabel="E (eV)")
right.bar(range(1, len(error) + 1), error)
right.set(xlabel="band", ylabel="RMS error (meV)")
fig.savefig("own_gpaw_bands.png", dpi=110)
