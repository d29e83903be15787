"""optics.csv: energy_ev, joint density, ε₂ and ε₁ along the axes, absorption [cm⁻¹]."""

from pathlib import Path

from nnpp.files.atomic import write_atomic
from nnpp.observables.optics import Optics
from nnpp.units import HARTREE_EV, PER_CM

PAIRS = ("xx", "yy", "zz", "yz", "xz", "xy")
"""Components of a symmetric tensor."""


def write_optics_csv(path: Path, found: Optics) -> Path:
    """Write all of it; pairs of levels per electronvolt and cell."""
    at = [tuple("xyz".index(x) for x in pair) for pair in PAIRS]
    tensors = [e[:, i, j] for e in (found.imaginary, found.real) for i, j in at]
    columns = (
        found.energy * HARTREE_EV,
        found.joint / HARTREE_EV,
        *tensors,
        found.absorption * PER_CM,
        found.electrons,
    )
    names = [f"eps{n}_{pair}" for n in (2, 1) for pair in PAIRS]
    rows = [",".join(["energy_ev", "pairs_per_ev", *names, "absorption_per_cm", "electrons"])]
    rows += [",".join(f"{x:.6g}" for x in row) for row in zip(*columns, strict=True)]
    return write_atomic(path, "\n".join(rows) + "\n")
