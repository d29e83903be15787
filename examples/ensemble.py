"""Ensemble: how uncertain is a fit?

`--members` trains copies of a fit on different k-points. Their spread is largest where no
data determine the potential: here in v(q) between and beyond the lengths |G−G′| of the
crystal.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from nnpp.cli.app import app
from nnpp.formats.ensemble import read_ensemble

FIT = Path(__file__).parents[1] / "inputs" / "zb-CdSe"
OPTIONS = ["--steps", "5", "--members", "3", "--out", "results/ensemble", "--fresh"]

app(["fit", str(FIT), *OPTIONS], standalone_mode=False)
curves = read_ensemble(Path("results/ensemble/zb-CdSe/ensemble.h5")).curves
assert curves is not None

fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3), layout="constrained")
for s, (name, colour) in enumerate((("Cd", "C0"), ("Se", "C1"))):
    left.plot(curves.q, curves.v_q[:, :, s].T, color=colour, lw=0.8)
    right.plot(curves.q, curves.v_q_spread[:, s], color=colour, label=name)
left.set(xlabel="q (bohr⁻¹)", ylabel="v(q) (hartree·bohr³)", xlim=(0, 6), title="members")
right.set(xlabel="q (bohr⁻¹)", xlim=(0, 6), title="spread")
right.legend(frameon=False)
fig.savefig("ensemble.png", dpi=110)
