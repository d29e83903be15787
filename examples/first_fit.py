"""First fit: zinc-blende CdSe with spin-orbit coupling

The command line, called from Python: fit the shipped `inputs/zb-CdSe` for a few steps, load
the potential, and draw its bands with the reference. `nnpp fit inputs/zb-CdSe` takes 80
steps.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import nnpp
from nnpp.cli.app import app
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.units import HARTREE_EV

INPUTS = Path(__file__).parents[1] / "inputs"
STEPS = 12

app(
    ["fit", str(INPUTS / "zb-CdSe"), "--steps", str(STEPS), "--out", "results"],
    standalone_mode=False,
)
fitted = nnpp.load("results/zb-CdSe")

reference = read_bands_h5(INPUTS / "reference" / "zb-CdSe" / "1.00.h5")
k = reference.bands.kpoints
bands = fitted.bands(reference.crystal, k, n=16)
top = float(reference.bands.E[:, 7].max())

fig, ax = plt.subplots(figsize=(4.4, 3.6), layout="constrained")
x = np.asarray(k.distance)
ax.plot(x, (np.asarray(reference.bands.E) - top) * HARTREE_EV, "o", ms=2.5, color="0.6")
ax.plot(x, (np.asarray(bands.E) - top) * HARTREE_EV, color="C0", lw=1)
named = [i for i, label in enumerate(k.labels) if label]
ax.set_xticks(x[named], [k.labels[i] for i in named])
ax.set(ylabel="E (eV)", ylim=(-6, 8), xlim=(x[0], x[-1]), title=f"after {STEPS} steps")
fig.savefig("first_fit.png", dpi=110)
