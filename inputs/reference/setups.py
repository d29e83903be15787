"""Do the setups matter? 3d of Ga in the core, as in GPAW's own, or among the valence electrons.

    PYTHONPATH=inputs/reference gpaw python -- inputs/reference/setups.py FOLDER

makes setups of Ga with 3d in FOLDER and prints what of GaP and GaAs they change.
"""

import argparse
import os
from pathlib import Path

import gpaw
from gpaw.atom.generator import Generator
from with_gpaw import MATERIALS, solved

CUTOFFS = {"paw": 500.0, "d": 800.0}
"""Of the plane waves [eV], by setup: GPAW's own of Ga, and those with 3d."""

RADII = (2.2, 2.2, 2.0)
"""Of the spheres of Ga for s, p and d [bohr]."""

MESH = 8


def main() -> None:
    """Both compounds by both functionals."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path)
    folder = words.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    gpaw.setup_paths.insert(0, ".")
    for xc in ("PBE", "GLLBSC"):
        with_d(xc)
        for name in ("GaP", "GaAs"):
            for setup, cutoff in CUTOFFS.items():
                told(name, xc, setup, cutoff)


def with_d(xc: str) -> None:
    """A setup of Ga with 13 valence electrons, Ga.d.XC in this folder."""
    Generator("Ga", xc, scalarrel=True, nofiles=True).run(
        core="[Ar]", rcut=list(RADII), name="d"
    )


def told(name: str, xc: str, setup: str, cutoff: float) -> None:
    """One row."""
    setups = {"Ga": setup, "default": "paw"}
    found = solved(MATERIALS[name](), xc, cutoff, MESH, f"{name}_{xc}_{setup}.txt", setups)
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
