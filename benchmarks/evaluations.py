"""How often is v(q) evaluated for a path? Once for each shell, not N² times for each atom."""

import numpy as np

from benchmarks.crystals import CRYSTALS
from nnpp.basis.plane_waves import plane_waves
from nnpp.basis.rules import PER_K
from nnpp.structures.paths import path

POINTS = 60


def run() -> None:
    """Print evaluations for each species, and those of the plain method."""
    print("  crystal    hartree     N   evals  N² × atoms × k ratio")
    for name, (crystal, cutoff) in CRYSTALS.items():
        kpoints = path(crystal, None, POINTS)
        waves, differences = plane_waves(crystal, kpoints, cutoff, PER_K)
        n = np.asarray(waves.real).sum(axis=1)
        pairs = int(np.sum(n.astype(float) ** 2)) * len(crystal.symbols)
        evaluations = len(differences.q) * len(crystal.species)
        head = f"  {name:10} {cutoff:7g} {n.max():5} {evaluations:7}"
        print(f"{head} {pairs:15.3g} {pairs / evaluations:.2g}")
