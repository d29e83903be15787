"""Bands with Elk: all electrons, spin-orbit coupling; PBE, or the Tran-Blaha potential.

    python inputs/reference/with_elk.py FOLDER [--c C] [--mesh N] [--cutoff RGKMAX] FILE.vasp …

runs Elk in FOLDER/FILE for each structure, along the path of with_gpaw.py (X U Γ ends at the
reciprocal lattice vector 1 1 1, so that its second half is K Γ); `nnpp import` reads BAND.OUT.
MASSES.OUT holds levels at 0, h/2 and h along x. `elk-lapw` and its species files have to be
installed. With C the exchange is that of Tran and Blaha, Phys. Rev. Lett. 102, 226401 (2009),
c as given.
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read

BOHR = 0.529177210903
SPECIES = "/usr/share/elk-lapw/species/"
POINTS = 61

STEP = 0.01
"""Distance of the k-points that give the masses [bohr⁻¹]."""

PBE = [["xctype", "20 0 0"]]
TRAN_BLAHA = [
    ["xctype", "100 208 12"],
    ["cmagz", ".true."],
    ["nxoapwlo", "1"],
    ["msmooth", "4"],
]
"""Settings for PBE, and for Libxc, which needs moments along z, LAPW and smooth gradients."""

PATHS = {
    True: [(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0.5), (0.625, 0.25, 0.625), (1, 1, 1)],
    False: [(0, 0, 0), (0.5, 0, 0), (1 / 3, 1 / 3, 0), (0, 0, 0), (0, 0, 0.5)],
}
"""Corners of the path: cubic L Γ X U Γ, hexagonal Γ M K Γ A."""


def main() -> None:
    """Run all named structures."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path)
    words.add_argument("structures", nargs="+", type=Path)
    words.add_argument("--mesh", type=int, default=6, help="k-points along each direction")
    words.add_argument("--cutoff", type=float, default=7.5, help="rgkmax")
    words.add_argument("--c", type=float, help="of Tran and Blaha; without it PBE")
    words.add_argument("--species", default=SPECIES, help="folder of species files")
    said = words.parse_args()
    for structure in said.structures:
        place = said.folder / structure.stem
        place.mkdir(parents=True, exist_ok=True)
        solved(place, read(structure), said)
        print(structure.stem, flush=True)


def solved(place: Path, atoms: Atoms, said: argparse.Namespace) -> None:
    """Compute the density by PBE, then that with c, levels near Γ, and bands."""
    near = [(0, 0, 0), tuple(atoms.cell.array[:, 0] / BOHR * STEP / (2 * np.pi))]
    fixed = settings(atoms, said)
    runs = [(["0"], PBE, near), (["20"], PBE, near), (["20"], PBE, PATHS[len(atoms) == 2])]
    if said.c is not None:
        meta = [*TRAN_BLAHA, ["c_tb09", f"{said.c}"]]
        runs = [runs[0], (["1"], meta, near), *((task, meta, k) for task, _, k in runs[1:])]
    for tasks, functional, k in runs:
        blocks = [["tasks", *tasks], *functional, *fixed, line(k, 3 if k is near else POINTS)]
        text = "\n\n".join("\n  ".join(block) for block in blocks)
        (place / "elk.in").write_text(text + "\n")
        with (place / "elk.log").open("w") as log:
            subprocess.run(["elk-lapw"], cwd=place, check=True, stdout=log)
        if tasks == ["20"] and k is near:
            (place / "BAND.OUT").rename(place / "MASSES.OUT")


def line(corners: list[tuple[float, ...]], points: int) -> list[str]:
    """Return the block of a path."""
    return ["plot1d", f"{len(corners)} {points}", *(" ".join(map(str, k)) for k in corners)]


def settings(atoms: Atoms, said: argparse.Namespace) -> list[list[str]]:
    """Return the blocks of elk.in for a structure."""
    symbols = list(dict.fromkeys(atoms.get_chemical_symbols()))
    a, c = atoms.cell.lengths()[[0, 2]]
    return [
        ["spinorb", ".true."],
        ["rgkmax", f"{said.cutoff}"],
        ["gmaxvr", "16"],
        ["nempty", "12"],
        ["ngridk", f"{said.mesh} {said.mesh} {max(1, round(said.mesh * a / c))}"],
        ["sppath", f"'{said.species}'"],
        ["avec", *(" ".join(f"{x / BOHR:.12f}" for x in row) for row in atoms.cell)],
        ["atoms", str(len(symbols)), *(line for s in symbols for line in placed(atoms, s))],
    ]


def placed(atoms: Atoms, symbol: str) -> list[str]:
    """Return a species file and its atoms."""
    here = [
        x
        for x, s in zip(atoms.get_scaled_positions(), atoms.symbols, strict=True)
        if s == symbol
    ]
    rows = [" ".join(f"{x:.12f}" for x in place) + "  0.0 0.0 0.0" for place in here]
    return [f"'{symbol}.in'", str(len(here)), *rows]


if __name__ == "__main__":
    main()
