"""Bands with GPAW: GLLB-SC or PBE, plane waves, spin-orbit added to the converged states.

    gpaw python -- inputs/reference/with_gpaw.py FOLDER [--xc PBE] [--cutoff EV] [--mesh N] NAME

writes for every material and volume FOLDER/NAME_XC_VOLUME.json (bands as ASE writes them, with
spin-orbit), the structure (.vasp), and what it was made with (.about.json). The
derivative discontinuity of GLLB-SC (Kuisma et al., Phys. Rev. B 82, 115106 (2010)) raises the
conduction bands before spin-orbit is added. GPAW's own setup of Ga has 3d in its core; one with
3d among the valence electrons is made in FOLDER, and needs plane waves to 800 eV.
"""

import argparse
import json
import os
from pathlib import Path

import ase
import gpaw
import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.spectrum.band_structure import BandStructure
from gpaw import GPAW, PW, FermiDirac
from gpaw.atom.generator import Generator
from gpaw.spinorbit import soc_eigenstates

BOHR, HARTREE = 0.529177210903, 27.211386245988
WIDTH = 0.001
"""Width of the occupations [eV]."""

STEP = 0.01
"""Distance of the k-points that give the masses [bohr⁻¹]."""

POINTS = 61
"""Number of k-points on a path."""

VOLUMES = (0.99, 1.0, 1.01)

CUTOFFS = {"paw": 500.0, "d": 800.0}
"""Cutoffs [eV], by setup: that of GPAW, and with 3d of Ga."""

RADII = (2.2, 2.2, 2.0)
"""Radii of the spheres of Ga for s, p and d [bohr]."""


def zincblende(cation: str, anion: str, a: float) -> Atoms:
    """Return two atoms with the cubic lattice constant a [Å]."""
    cell = a / 2 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    return Atoms([cation, anion], cell=cell, scaled_positions=[[0] * 3, [0.25] * 3], pbc=True)


MATERIALS = {
    "Si": lambda: zincblende("Si", "Si", 5.4310),
    "GaP": lambda: zincblende("Ga", "P", 10.2980625 * BOHR),
    "GaAs": lambda: zincblende("Ga", "As", 10.683 * BOHR),
    "InP": lambda: zincblende("In", "P", 11.0902357 * BOHR),
    "InAs": lambda: zincblende("In", "As", 11.4485278 * BOHR),
    "zb-CdSe": lambda: zincblende("Cd", "Se", 11.4485278 * BOHR),
    "wz-CdSe": lambda: bulk("CdSe", "wurtzite", a=4.2999, c=7.0109, u=0.3767),
}
"""Crystals with the lattice constants of 300 K, as in the fitted pseudopotentials."""

PATHS = {True: "LGXU,KG", False: "GMKGA"}
"""Paths of cubic and of hexagonal crystals."""


def main() -> None:
    """Run all named materials and volumes."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path)
    words.add_argument("names", nargs="*", default=list(MATERIALS), metavar="NAME")
    words.add_argument("--xc", default="GLLBSC", choices=["GLLBSC", "PBE"])
    words.add_argument("--cutoff", type=float, help="eV; 500, with Ga 800")
    words.add_argument("--mesh", type=int, default=8, help="k-points along each direction")
    words.add_argument("--volumes", type=float, nargs="*", default=VOLUMES)
    said = words.parse_args()
    said.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(said.folder)
    with_d(said.xc)
    for name in said.names:
        setup = "d" if "Ga" in name else "paw"
        for volume in said.volumes:
            write(name, volume, said.xc, setup, said.cutoff or CUTOFFS[setup], said.mesh)


def with_d(xc: str) -> None:
    """Make a setup of Ga with 13 valence electrons: Ga.d.XC in this folder."""
    gpaw.setup_paths.insert(0, ".")
    Generator("Ga", xc, scalarrel=True, nofiles=True).run(
        core="[Ar]", rcut=list(RADII), name="d"
    )


def write(name: str, volume: float, xc: str, setup: str, cutoff: float, mesh: int) -> None:
    """Compute one material at one volume, relative to the unstrained one, in this folder."""
    stem = f"{name}_{xc}_{volume:.2f}"
    atoms = MATERIALS[name]()
    atoms.set_cell(atoms.cell * volume ** (1 / 3), scale_atoms=True)
    found = solved(atoms, xc, cutoff, mesh, f"{stem}.txt", setup)
    atoms.write(f"{stem}.vasp", format="vasp", direct=True, vasp5=True)
    found.pop("bands").write(f"{stem}.json")
    about = {
        "program": f"GPAW {gpaw.__version__}, ASE {ase.__version__}",
        "functional": xc,
        "spin_orbit": "added to the converged states (soc_eigenstates)",
        "setups": "Ga with 3d in the valence (with_gpaw.py)" if setup == "d" else "GPAW's own",
        "cutoff_ev": cutoff,
        "mesh": [mesh, mesh, divisions(atoms, mesh)],
        "volume": volume,
        **found,
    }
    Path(f"{stem}.about.json").write_text(json.dumps(about, indent=1) + "\n")
    print(f"{stem}: gap {about['gap_ev']:.4f} eV", flush=True)


def solved(
    atoms: Atoms,
    xc: str,
    cutoff: float,
    mesh: int,
    log: str,
    setup: str,
) -> dict:
    """Compute bands with spin-orbit coupling and their numbers; `setup` names that of Ga."""
    size = (mesh, mesh, divisions(atoms, mesh))
    atoms.calc = GPAW(
        mode=PW(cutoff), xc=xc, txt=log, occupations=FermiDirac(WIDTH), nbands=-8,
        kpts={"size": size, "gamma": True}, convergence={"bands": "CBM+2.0", "density": 1e-6},
        setups={"Ga": setup, "default": "paw"},
    )  # fmt: skip
    energy = atoms.get_potential_energy()
    electrons = round(atoms.calc.get_number_of_electrons())
    path = atoms.cell.bandpath(PATHS[len(atoms) == 2], npoints=POINTS)
    full = electrons // 2
    wanted = full + 2 * len(atoms) + 2
    bands, E = at(atoms, path, wanted)
    top, bottom = float(E[:, full - 1].max()), float(E[:, full].min())
    raised = discontinuity(atoms.calc, top, bottom) if xc == "GLLBSC" else 0.0
    soc = with_spin(bands, E, raised, full)[:, : 2 * wanted]
    gap = float(soc[:, 2 * full].min() - soc[:, 2 * full - 1].max())
    return {
        "bands": BandStructure(path, soc[None], reference=float(soc[:, 2 * full - 1].max())),
        "electrons": electrons,
        "total_energy_ev": float(energy),
        "gap_without_spin_ev": bottom - top,
        "discontinuity_ev": raised,
        "gap_ev": gap,
        "masses": masses(atoms, wanted, raised, full),
    }


def at(atoms: Atoms, kpts: object, wanted: int) -> tuple[GPAW, np.ndarray]:
    """Return a calculation at other k-points in the same density, and its levels [eV]."""
    calc = atoms.calc.fixed_density(
        kpts=kpts, symmetry="off", nbands=wanted + 6, txt=None, convergence={"bands": wanted}
    )
    k = range(len(calc.get_ibz_k_points()))
    return calc, np.array([calc.get_eigenvalues(i) for i in k])


def with_spin(calc: GPAW, E: np.ndarray, raised: float, full: int) -> np.ndarray:
    """Return levels with spin-orbit coupling, conduction bands raised before [eV]."""
    shifted = E + raised * (np.arange(E.shape[1]) >= full)
    return soc_eigenstates(calc, eigenvalues=shifted[None]).eigenvalues()


def masses(atoms: Atoms, wanted: int, raised: float, full: int) -> dict[str, float]:
    """Return masses along x at Γ from levels at 0, h/2 and h; curvatures are extrapolated."""
    k = np.array([[0, 0, 0], [STEP / 2, 0, 0], [STEP, 0, 0]]) / BOHR
    calc, E = at(atoms, k @ atoms.cell.array.T / (2 * np.pi), wanted)
    levels = with_spin(calc, E, raised, full)[:, 2 * full - 6 : 2 * full + 2] / HARTREE
    half, whole = (2 * (levels[i] - levels[0]) / h**2 for i, h in ((1, STEP / 2), (2, STEP)))
    m = 1 / ((4 * half - whole) / 3).reshape(4, 2).mean(axis=1)
    return {
        "electron": m[3], "heavy_hole": -m[2], "light_hole": -m[1], "split_off_hole": -m[0]
    }  # fmt: skip


def discontinuity(calc: GPAW, top: float, bottom: float) -> float:
    """Return the derivative discontinuity at the conduction band minimum [eV]."""
    response = calc.hamiltonian.xc.response
    return float(response.calculate_discontinuity(
        response.calculate_discontinuity_potential(top, bottom)
    )[1])  # fmt: skip


def divisions(atoms: Atoms, mesh: int) -> int:
    """Return k-points along the third direction: fewer if the cell is longer, as wurtzite."""
    a, c = atoms.cell.lengths()[[0, 2]]
    return max(1, round(mesh * a / c))


if __name__ == "__main__":
    main()
