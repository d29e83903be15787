"""Convert results of GPAW and Elk into references of nnpp; print the tables of README.md.

    python inputs/reference/collect.py GPAW [NAME …] --tb09 FOLDER [--pbe FOLDER --elk FOLDER]

writes inputs/reference/NAME/VOLUME.h5 (and 1.00.csv) from GPAW/NAME_GLLBSC_VOLUME.json,
for InAs from the results of Elk in the folder of --tb09. The valence top of the unstrained
volume gets the energy of the published pseudopotentials. Prints gaps, splittings, masses and,
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
from nnpp.workflows.import_.options import Request

HERE = Path(__file__).parent

TOP_EV = {
    "GaP": -5.9124, "GaAs": -5.4424, "InP": -5.8024, "InAs": -5.3824, "zb-CdSe": -6.31
}  # fmt: skip
"""Valence tops of the published pseudopotentials; 0 for others and for strained cells."""

STEP = 0.01
"""Distance of the k-points that give the masses [bohr⁻¹]."""

ELK = ("c_tb09", "rgkmax", "ngridk")
"""Settings of Elk that are stored with its levels."""

MASSES = ("electron", "heavy_hole", "light_hole")
"""Masses along x at Γ, except those of NO_MASS: not at Γ, or anisotropic."""

NO_MASS = {"Si": ("electron",), "wz-CdSe": ("heavy_hole", "light_hole")}

NAMES = ("Si", "GaP", "GaAs", "InP", "InAs", "zb-CdSe", "wz-CdSe")


def main() -> None:
    """Write all references and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gpaw", type=Path)
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    parser.add_argument("--tb09", type=Path, required=True)
    parser.add_argument("--pbe", type=Path)
    parser.add_argument("--elk", type=Path)
    options = parser.parse_args()
    print(
        "|  | gap | Γ | L | X | Δso | dEΓ/d ln Ω | electron | heavy | light |\n|" + "---|" * 10
    )
    for name in options.names:
        print(row(options.tb09 if name == "InAs" else options.gpaw, name))
    if options.pbe and options.elk:
        print("\n|  | GPAW | Elk |\n|---|---|---|")
        for name in options.names:
            print(compare(options.pbe, options.elk, name))


def row(folder: Path, name: str) -> str:
    """Write the references of a material; return its line of the table."""
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
    """Return the masses that are meaningful."""
    return [x for x in MASSES if x not in NO_MASS.get(name, ())]


def collected(folder: Path, name: str, volume: str) -> tuple[Imported, dict]:
    """Write one volume as a reference; return it and its provenance."""
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
    """Return the results of with_gpaw.py and their provenance."""
    about = json.loads(Path(f"{stem}.about.json").read_text())
    request = Request(Hints(), spinor=True, occupied=about["electrons"], top=top)
    return convert(Path(f"{stem}.json"), request), about


def with_elk(folder: Path, top: float) -> tuple[Imported, dict]:
    """Return the results of with_elk.py for a constant c and their provenance."""
    one = folded(convert(folder / "BAND.OUT", Request(Hints(), top=top)))
    text = (folder / "elk.in").read_text()
    about = {
        "program": one.found.provenance,
        "functional": "exchange of Tran and Blaha (2009), correlation of Perdew and Wang",
        "spin_orbit": "in the second variation, self-consistently",
        **{word: text.split(f"{word}\n")[1].split("\n")[0].strip() for word in ELK},
        "masses": masses(folder / "MASSES.OUT"),
    }
    return one, about


def folded(one: Imported) -> Imported:
    """Return the bands with the line from U to 1 1 1 written as the line from K to Γ."""
    old = one.bands
    k, place = np.asarray(old.kpoints.fractional), old.kpoints.labels.index("U")
    then = (1 - k[place:])[:, [0, 2, 1]]
    labels = (*old.kpoints.labels[: place + 1], "K", *old.kpoints.labels[place + 1 :])
    there = listed(one.crystal, np.concatenate([k[: place + 1], then]), labels=labels,
                   jumps=(place + 1,))  # fmt: skip
    E = np.insert(np.asarray(old.E), place, np.asarray(old.E)[place], axis=0)
    E[-1] = E[old.kpoints.labels.index("Γ")]  # at 1 1 1 the levels of Elk differ by 0.6 meV
    return replace(one, bands=replace(old, kpoints=there, E=jnp.asarray(E)))


def masses(path: Path) -> dict[str, float]:
    """Return masses as with_gpaw.py, from levels at 0, h/2 and h."""
    levels = np.loadtxt(path)[:, 1].reshape(-1, 3)
    full = int(np.sum(levels[:, 0] < 0))
    half, whole = (
        2 * (levels[:, i] - levels[:, 0]) / h**2 for i, h in ((1, STEP / 2), (2, STEP))
    )
    curvature = ((4 * half - whole) / 3)[full - 6 : full + 2].reshape(4, 2).mean(axis=1)
    signs = {"split_off_hole": -1, "light_hole": -1, "heavy_hole": -1, "electron": 1}
    return {name: sign / c for (name, sign), c in zip(signs.items(), curvature, strict=True)}


def compare(pbe: Path, elk: Path, name: str) -> str:
    """Return a line with gap, splitting, valence levels [eV] and masses by two programs."""
    stem, folder = pbe / f"{name}_PBE_1.00", elk / f"{name}_GLLBSC_1.00"
    about = json.loads(Path(f"{stem}.about.json").read_text())
    request = Request(Hints(), spinor=True, occupied=about["electrons"])
    first = convert(Path(f"{stem}.json"), request)
    second = convert(folder / "BAND.OUT", Request(Hints()))
    cells = []
    for one, m in ((first, about["masses"]), (second, masses(folder / "MASSES.OUT"))):
        E = relative(one)
        corners = ("L", "X") if "wz" not in name else ("M", "A")
        levels = [f"{x} {at(one, E, x, -1):.3f} {at(one, E, x, -3):.3f}" for x in corners]
        cells.append(
            f"gap {at(one, E, 'Γ', 0):.3f}, Δso {-at(one, E, 'Γ', -6):.3f}, "
            + ", ".join(levels)
            + (
                ""
                if name == "InAs"
                else ", masses " + " ".join(f"{m[x]:.3f}" for x in known(name))
            )
        )
    return f"| {name} | {cells[0]} | {cells[1]} |"


def relative(one: Imported) -> np.ndarray:
    """Return levels relative to the valence top [eV]."""
    E = np.asarray(one.bands.E) * HARTREE_EV
    return E - E[:, : one.bands.occupied].max()


def at(one: Imported, E: np.ndarray, name: str, band: int) -> float:
    """Return a level at a named k-point; band 0 is the lowest empty one."""
    return float(E[one.bands.kpoints.labels.index(name), one.bands.occupied + band])


if __name__ == "__main__":
    main()
