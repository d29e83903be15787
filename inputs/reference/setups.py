"""Influence of the setup: 3d of Ga in the core, as in GPAW's own, or in the valence.

    PYTHONPATH=inputs/reference gpaw python -- inputs/reference/setups.py FOLDER

makes setups of Ga with 3d in FOLDER and prints GaP and GaAs by them and by GPAW's own.
"""

import argparse
import os
from pathlib import Path

from with_gpaw import CUTOFFS, MATERIALS, solved, with_d

MESH = 8


def main() -> None:
    """Print the table of both compounds and both functionals."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path)
    folder = words.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    for xc in ("PBE", "GLLBSC"):
        with_d(xc)
        for name in ("GaP", "GaAs"):
            for setup, cutoff in CUTOFFS.items():
                print_row(name, xc, setup, cutoff)


def print_row(name: str, xc: str, setup: str, cutoff: float) -> None:
    """Print one row."""
    found = solved(MATERIALS[name](), xc, cutoff, MESH, f"{name}_{xc}_{setup}.txt", setup)
    E = found["bands"].energies[0]
    full, gamma = found["electrons"], found["bands"].path.kpts.tolist().index([0, 0, 0])
    E = E - E[gamma, full - 1]
    cells = {
        "gap at Γ": E[gamma, full],
        "Δso": -E[gamma, full - 6],
        "L": E[0, full],
        "L VB": E[0, full - 1],
        "discontinuity": found["discontinuity_ev"],
        "electron": found["masses"]["electron"],
    }
    print(name, xc, setup, *(f"{k} {x:.3f}" for k, x in cells.items()), flush=True)


if __name__ == "__main__":
    main()
