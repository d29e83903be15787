"""Bands with Elk: all electrons, PBE, spin-orbit; to be laid beside those of GPAW.

    python inputs/reference/with_elk.py FOLDER [--mesh N] [--cutoff RGKMAX] STRUCTURE.vasp …

runs Elk in FOLDER/STRUCTURE for each structure, along the path of with_gpaw.py; `nnpp import`
reads FOLDER/STRUCTURE/BAND.OUT. `elk-lapw` and its species files have to be installed.
"""

import argparse
import os
import subprocess
from pathlib import Path

from ase.io import read

BOHR = 0.529177210903
SPECIES = "/usr/share/elk-lapw/species/"
POINTS = 61

PATHS = {
    True: [(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0.5), (0.625, 0.25, 0.625), (0, 0, 0)],
    False: [(0, 0, 0), (0.5, 0, 0), (1 / 3, 1 / 3, 0), (0, 0, 0), (0, 0, 0.5)],
}
"""Corners for cubic crystals, L Γ X U Γ, and for hexagonal ones, Γ M K Γ A."""


def main() -> None:
    """All structures that are named."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path)
    words.add_argument("structures", nargs="+", type=Path)
    words.add_argument("--mesh", type=int, default=6, help="k-points along each direction")
    words.add_argument("--cutoff", type=float, default=7.5, help="rgkmax")
    words.add_argument("--species", default=SPECIES, help="folder of species files")
    said = words.parse_args()
    for structure in said.structures:
        place = said.folder / structure.stem
        place.mkdir(parents=True, exist_ok=True)
        text = settings(structure, said.mesh, said.cutoff, said.species)
        (place / "elk.in").write_text(text)
        with (place / "elk.log").open("w") as log:
            subprocess.run(["elk-lapw"], cwd=place, check=True, stdout=log, env=os.environ)
        print(structure.stem, flush=True)


def settings(structure: Path, mesh: int, cutoff: float, species: str) -> str:
    """The elk.in of a self-consistent run and of bands along the path."""
    atoms = read(structure)
    symbols = list(dict.fromkeys(atoms.get_chemical_symbols()))
    a, c = atoms.cell.lengths()[[0, 2]]
    corners = PATHS[len(atoms) == 2]
    blocks = [
        ["tasks", "0", "20"],
        ["xctype", "20 0 0"],
        ["spinorb", ".true."],
        ["rgkmax", f"{cutoff}"],
        ["gmaxvr", "16"],
        ["nempty", "12"],
        ["ngridk", f"{mesh} {mesh} {max(1, round(mesh * a / c))}"],
        ["sppath", f"'{species}'"],
        ["avec", *(" ".join(f"{x / BOHR:.12f}" for x in row) for row in atoms.cell)],
        ["atoms", str(len(symbols)), *(line for s in symbols for line in placed(atoms, s))],
        ["plot1d", f"{len(corners)} {POINTS}", *(" ".join(map(str, k)) for k in corners)],
    ]
    return "\n\n".join("\n  ".join(block) for block in blocks) + "\n"


def placed(atoms, symbol: str) -> list[str]:
    """A species file and the atoms of it."""
    here = [
        x
        for x, s in zip(atoms.get_scaled_positions(), atoms.symbols, strict=True)
        if s == symbol
    ]
    rows = [" ".join(f"{x:.12f}" for x in place) + "  0.0 0.0 0.0" for place in here]
    return [f"'{symbol}.in'", str(len(here)), *rows]


if __name__ == "__main__":
    main()
