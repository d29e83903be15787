"""What GPAW and Elk left, as references of nnpp, and the tables of README.md.

    python inputs/reference/collect.py GPAW [NAME …] --tb09 FOLDER [--pbe FOLDER --elk FOLDER]

writes inputs/reference/NAME/VOLUME.h5 (and 1.00.csv) from GPAW/NAME_GLLBSC_VOLUME.json,
of InAs from what Elk wrote in the folder of --tb09, the valence top of the volume at rest where
it was for the published pseudopotentials, and prints gaps, splittings and masses; beside them,
if given, PBE of GPAW and of Elk.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from nnpp.formats.bands_csv import write_bands_csv
from nnpp.formats.bands_h5 import write_bands_h5
from nnpp.formats.codes.format import Hints
from nnpp.observables.gaps import direct_gap_at, spin_orbit_splitting
from nnpp.structures.kpoints import listed
from nnpp.units import HARTREE_EV
from nnpp.workflows.import_.convert import Imported, convert
from nnpp.workflows.import_.occupation import Request

HERE = Path(__file__).parent

TOP_EV = {
    "GaP": -5.9124, "GaAs": -5.4424, "InP": -5.8024, "InAs": -5.3824, "zb-CdSe": -6.31
}  # fmt: skip
"""Valence tops of the published pseudopotentials; those of others and of strained cells: 0."""

STEP = 0.01
"""To the k-points that masses are taken from [bohr⁻¹]."""

ELK = ("c_tb09", "rgkmax", "ngridk")
"""Settings of Elk that are kept with its numbers."""

MASSES = ("electron", "heavy_hole", "light_hole")
"""Along x at Γ; those of NO_MASS are left out: they lie elsewhere, or x is not all."""

NO_MASS = {"Si": ("electron",), "wz-CdSe": ("heavy_hole", "light_hole")}

NAMES = ("Si", "GaP", "GaAs", "InP", "InAs", "zb-CdSe", "wz-CdSe")


def main() -> None:
    """Collect, then print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("gpaw", type=Path)
    words.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    words.add_argument("--tb09", type=Path, required=True)
    words.add_argument("--pbe", type=Path)
    words.add_argument("--elk", type=Path)
    said = words.parse_args()
    print(
        "|  | gap | Γ | L | X | Δso | dEΓ/d ln Ω | electron | heavy | light |\n|" + "---|" * 10
    )
    for name in said.names:
        print(row(said.tb09 if name == "InAs" else said.gpaw, name))
    if said.pbe and said.elk:
        print("\n|  | GPAW | Elk |\n|---|---|---|")
        for name in said.names:
            print(compare(said.pbe, said.elk, name))


def row(folder: Path, name: str) -> str:
    """Write the references of a material; its line of the table."""
    done = {volume: collected(folder, name, volume) for volume in ("0.99", "1.00", "1.01")}
    rest, about = done["1.00"]
    E = relative(rest)
    direct = {
        v: float(direct_gap_at(one.bands, one.bands.kpoints.require_gamma)) * HARTREE_EV
        for v, (one, _) in done.items()
    }
    slope = (direct["1.01"] - direct["0.99"]) / np.log(1.01 / 0.99)
    m = about["masses"]
    full = rest.bands.occupied
    cells = [f"{E[:, full].min():.3f}", f"{direct['1.00']:.3f}"]
    cells += ["", ""] if name == "wz-CdSe" else [f"{at(rest, E, x, 0):.3f}" for x in "LX"]
    split = float(spin_orbit_splitting(rest.bands)) * HARTREE_EV
    split = -at(rest, E, "Γ", -6) if name == "wz-CdSe" else split
    cells += [f"{split:.3f}", f"{slope:.2f}"]
    cells += [f"{m[x]:.3f}" if x in known(name) else "" for x in MASSES]
    return "| " + " | ".join([name, *cells]) + " |"


def known(name: str) -> list[str]:
    """Which masses mean something."""
    return [x for x in MASSES if x not in NO_MASS.get(name, ())]


def collected(folder: Path, name: str, volume: str) -> tuple[Imported, dict]:
    """One volume, written as a reference; and what it was made with."""
    stem = folder / f"{name}_GLLBSC_{volume}"
    top = TOP_EV.get(name, 0.0) if volume == "1.00" else 0.0
    found = with_elk if stem.is_dir() else with_gpaw
    one, about = found(stem, top / HARTREE_EV)
    to = HERE / name / f"{volume}.h5"
    write_bands_h5(to, one.bands, one.crystal, about | {"volume": float(volume)})
    if volume == "1.00":
        write_bands_csv(to.with_suffix(".csv"), one.bands)
    return one, about


def with_gpaw(stem: Path, top: float) -> tuple[Imported, dict]:
    """What with_gpaw.py wrote."""
    about = json.loads(Path(f"{stem}.about.json").read_text())
    request = Request(Hints(), spinor=True, occupied=about["electrons"], top=top)
    return convert(Path(f"{stem}.json"), request), about


def with_elk(folder: Path, top: float) -> tuple[Imported, dict]:
    """What with_elk.py wrote with a constant c."""
    one = folded(convert(folder / "BAND.OUT", Request(Hints(), top=top)))
    said = (folder / "elk.in").read_text()
    about = {
        "program": one.found.provenance,
        "functional": "exchange of Tran and Blaha (2009), correlation of Perdew and Wang",
        "spin_orbit": "in the second variation, self-consistently",
        **{word: said.split(f"{word}\n")[1].split("\n")[0].strip() for word in ELK},
        "masses": masses(folder / "MASSES.OUT"),
    }
    return one, about


def folded(one: Imported) -> Imported:
    """The line from U to the reciprocal lattice vector 1 1 1, told as that from K to Γ."""
    old = one.bands
    k, place = np.asarray(old.kpoints.fractional), old.kpoints.labels.index("U")
    then = (1 - k[place:])[:, [0, 2, 1]]
    labels = (*old.kpoints.labels[: place + 1], "K", *old.kpoints.labels[place + 1 :])
    there = listed(one.crystal, np.concatenate([k[: place + 1], then]), labels=labels,
                   jumps=(place + 1,))  # fmt: skip
    E = np.insert(np.asarray(old.E), place, np.asarray(old.E)[place], axis=0)
    E[-1] = E[old.kpoints.labels.index("Γ")]  # at 1 1 1 Elk's own differs by 0.6 meV
    return replace(one, bands=replace(old, kpoints=there, E=jnp.asarray(E)))


def masses(path: Path) -> dict[str, float]:
    """As with_gpaw.py has them, from levels at 0, h/2 and h."""
    levels = np.loadtxt(path)[:, 1].reshape(-1, 3)
    full = int(np.sum(levels[:, 0] < 0))
    half, whole = (
        2 * (levels[:, i] - levels[:, 0]) / h**2 for i, h in ((1, STEP / 2), (2, STEP))
    )
    curvature = ((4 * half - whole) / 3)[full - 6 : full + 2].reshape(4, 2).mean(axis=1)
    signs = {"split_off_hole": -1, "light_hole": -1, "heavy_hole": -1, "electron": 1}
    return {name: sign / c for (name, sign), c in zip(signs.items(), curvature, strict=True)}


def compare(pbe: Path, elk: Path, name: str) -> str:
    """Γ gap, splitting, valence levels [eV] and masses by two programs."""
    stem, folder = pbe / f"{name}_PBE_1.00", elk / f"{name}_GLLBSC_1.00"
    about = json.loads(Path(f"{stem}.about.json").read_text())
    said = Request(Hints(), spinor=True, occupied=about["electrons"])
    first = convert(Path(f"{stem}.json"), said)
    second = convert(folder / "BAND.OUT", Request(Hints()))
    told = []
    for one, m in ((first, about["masses"]), (second, masses(folder / "MASSES.OUT"))):
        E = relative(one)
        corners = ("L", "X") if "wz" not in name else ("M", "A")
        levels = [f"{x} {at(one, E, x, -1):.3f} {at(one, E, x, -3):.3f}" for x in corners]
        told.append(
            f"gap {at(one, E, 'Γ', 0):.3f}, Δso {-at(one, E, 'Γ', -6):.3f}, "
            + ", ".join(levels)
            + (
                ""
                if name == "InAs"
                else ", masses " + " ".join(f"{m[x]:.3f}" for x in known(name))
            )
        )
    return f"| {name} | {told[0]} | {told[1]} |"


def relative(one: Imported) -> np.ndarray:
    """Levels from the valence top [eV]."""
    E = np.asarray(one.bands.E) * HARTREE_EV
    return E - E[:, : one.bands.occupied].max()


def at(one: Imported, E: np.ndarray, name: str, band: int) -> float:
    """A level at a named k-point; band 0 is the lowest empty one."""
    return float(E[one.bands.kpoints.labels.index(name), one.bands.occupied + band])


if __name__ == "__main__":
    main()
