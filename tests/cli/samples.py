"""Fits that are solved in a second: zinc-blende CdSe in its published form at 3 hartree."""

import csv
from pathlib import Path

import numpy as np

from nnpp.runs.outputs import NAME as OUTPUTS

CELL = "[[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]"
ATOMS = "[[Cd, 0.125, 0.125, 0.125], [Se, -0.125, -0.125, -0.125]]"

SYSTEM = f"""\
  - name: zb
    structure:
      scale: 11.4485278 bohr
      cell: {CELL}
      atoms: {ATOMS}
    cutoff: 3 hartree
    bands: 8
    kpoints: {{path: "L Γ X U|K Γ", points: 12}}
"""

POTENTIAL = """\
potential:
  kind: zunger
  elements:
    Cd: {local: [-31.4518, 1.3890, -0.0502, 1.6603]}
    Se: {local: [8.4921, 4.3513, 1.3600, 0.3227]}
"""

TINY = "systems:\n" + SYSTEM + POTENTIAL

OTHER = ["--bands", "9", "--cutoff", "2.5 hartree", "--path", "Γ-X", "--points", "5"]
"""Options that ask for other k-points, bands and plane waves."""

OTHER_NAME = "path-G-X_points-5_cutoff-2.5-hartree_bands-9"
"""The folder of their results."""

CSV = """\
k,k1,k2,k3,distance,label,E1,E2,E3,E4,E5,E6,E7,E8
1,0.5,0.5,0.5,0.0,L,-19.9,-9.0,-6.6,-6.6,-2.2,1.4,1.4,3.3
2,0.0,0.0,0.0,0.475,Γ,-20.1,-6.3,-6.3,-6.3,-4.4,1.3,1.3,1.3
"""


def write_tiny(folder: Path, text: str = TINY) -> Path:
    """A folder with this fit.yaml."""
    folder.mkdir(parents=True)
    (folder / "fit.yaml").write_text(text, encoding="utf-8")
    return folder


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder below, with what the files hold."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def without_list(tree: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """The files of a tree, except for the lists of files."""
    return {name: data for name, data in tree.items() if Path(name).name != OUTPUTS}


def table(path: str) -> tuple[np.ndarray, np.ndarray]:
    """k-points and levels of a bands.csv."""
    with Path(path).open(encoding="utf-8") as file:
        _, *rows = csv.reader(file)
    k = np.array([row[1:4] for row in rows], float)
    return k, np.array([row[6:] for row in rows], float)


def written(out: str) -> list[str]:
    """The paths that a run prints, with braces expanded."""
    paths = []
    for line in out.splitlines():
        if line.startswith("wrote "):
            name, _, endings = line.removeprefix("wrote ").rpartition(".{")
            whole = line.removeprefix("wrote ")
            paths += [f"{name}.{e}" for e in endings[:-1].split(",")] if name else [whole]
    return paths


def files(folder: str) -> list[str]:
    """Every file below, except for the list of files itself."""
    found = sorted(Path(folder).rglob("*"))
    return [str(p) for p in found if p.is_file() and p.name != OUTPUTS]
