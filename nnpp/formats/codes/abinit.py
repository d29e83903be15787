"""ABINIT: *_GSR.nc, levels in hartree; variables have the names of ETSF-IO."""

from pathlib import Path

import numpy as np

from nnpp.errors import InputError
from nnpp.formats.codes.format import Format, Hints, crystal_in, full_levels
from nnpp.formats.codes.netcdf import NetCDF, read_netcdf
from nnpp.formats.reference_bands import ReferenceBands
from nnpp.structures.crystal import Crystal
from nnpp.structures.electrons import SYMBOLS

WANTED = (
    "eigenvalues",
    "number_of_states",
    "reduced_coordinates_of_kpoints",
    "primitive_vectors",
    "reduced_atom_positions",
    "atom_species",
    "atomic_numbers",
    "fermi_energy",
    "nelect",
    "number_of_electrons",
    "residm",
    "ixc",
    "codvsn",
)
"""The variables that are read."""

SPINORS = "number_of_spinor_components"

UNWRITTEN = 1e6
"""Larger levels were never written [hartree]: netCDF fills unwritten data with 1e37."""

UNCONVERGED, LOOSE = 1e-4, 1e-8
"""|Hψ − Eψ|² [hartree²] above which a file is refused, and above which the user is warned.

The error of a level is at most the root of it.
"""

FUNCTIONALS = {
    1: "LDA (Teter, Pade)",
    2: "LDA (Perdew-Zunger)",
    7: "LDA (Perdew-Wang)",
    11: "PBE",
    14: "revPBE",
    15: "RPBE",
    23: "Wu-Cohen",
}
"""Functionals by ABINIT's `ixc`; negative values are numbers of libxc."""


def read_abinit_gsr(path: Path, _: Hints) -> ReferenceBands:
    """Return the bands of an ABINIT run without collinear spin."""
    file = read_netcdf(path, WANTED, (SPINORS,))
    E = _levels(file)
    return ReferenceBands(
        path,
        file.array("reduced_coordinates_of_kpoints", len(E), 3),
        E,
        cell=file.array("primitive_vectors", 3, 3),
        crystal=_crystal(file),
        spinor=_spinor(file),
        occupied=_occupied(file, E.shape[1]),
        fermi=float(_energies(file, "fermi_energy")) if "fermi_energy" in file.values else None,
        provenance=_provenance(file),
        notes=_convergence(file),
    )


def _levels(file: NetCDF) -> np.ndarray:
    """Return the levels at each k [hartree]."""
    E = _energies(file, "eigenvalues", None, None, None)
    if len(E) != 1:
        raise InputError(
            f"holds {len(E)} spins",
            "repeat the run with nsppol 1 or nspinor 2",
            file.path,
        )
    (E,) = E
    states = file.integers("number_of_states", 1, len(E))
    if (states != E.shape[1]).any():
        raise InputError(
            f"has {states.min()} to {E.shape[1]} bands at different k-points",
            "give every k-point the same nband",
            file.path,
        )
    if (np.abs(E) > UNWRITTEN).any():
        raise InputError("has levels that were never written", "finish the run", file.path)
    return E


def _energies(file: NetCDF, name: str, *shape: int | None) -> np.ndarray:
    """Return a variable that is an energy [hartree]."""
    found = file.array(name, *shape)
    if file.units[name].lower() not in ("atomic units", "hartree", "ha"):
        unit = file.units[name][:20]
        raise InputError(f"{name} has the unit {unit!r}", "write it in atomic units", file.path)
    return found


def _spinor(file: NetCDF) -> bool:
    """Return whether a level holds one electron."""
    components = file.sizes.get(SPINORS)
    if components not in (1, 2):
        raise InputError(f"has {components} {SPINORS}", "give a *_GSR.nc of ABINIT", file.path)
    return components == 2


def _occupied(file: NetCDF, levels: int) -> int | None:
    """Return the number of full levels at each k."""
    electrons = file.scalar("nelect")
    if electrons is None:
        electrons = file.scalar("number_of_electrons")
    if electrons is None:
        return None
    return full_levels(electrons, _spinor(file), levels, file.path)


def _crystal(file: NetCDF) -> Crystal:
    """Return the crystal of the run; raise an error for atoms that mix two elements."""
    x = file.array("reduced_atom_positions", None, 3)
    species = file.integers("atom_species", len(x)) - 1
    Z = file.array("atomic_numbers", None)
    if (species < 0).any() or (species >= len(Z)).any():
        raise InputError("has atoms without species", "repeat the run", file.path)
    wrong = [z for z in Z if z != round(z) or not 1 <= z <= len(SYMBOLS)]
    if wrong:
        raise InputError(
            f"has an atom of Z = {wrong[0]:g}", "give bands of elements up to Rn", file.path
        )
    symbols = tuple(SYMBOLS[int(Z[s]) - 1] for s in species)
    return crystal_in(file.path, file.array("primitive_vectors", 3, 3), x, symbols)


def _convergence(file: NetCDF) -> tuple[str, ...]:
    """Return a warning about levels that are not exact; raise an error for unconverged ones."""
    residual = file.scalar("residm")
    if residual is None or residual <= LOOSE:
        return ()
    if residual > UNCONVERGED:
        raise InputError(
            f"has levels that are not converged (residm {residual:.1e})",
            "lower tolwfr, or leave out the highest bands",
            file.path,
        )
    return (f"{file.path.name}: levels are uncertain by up to {residual**0.5:.1e} hartree",)


def _provenance(file: NetCDF) -> dict[str, str]:
    """Return the program, its version and the functional."""
    about = {"program": "ABINIT", "version": (file.text("codvsn") or "")[:20]}
    ixc = file.scalar("ixc")
    if ixc is not None and ixc < 0:
        parts = divmod(int(-ixc), 1000)
        about["functional"] = "libxc " + " + ".join(str(part) for part in parts if part)
    elif ixc is not None:
        about["functional"] = FUNCTIONALS.get(int(ixc), f"ixc {int(ixc)}")
    return {name: text for name, text in about.items() if text}


def _matches(name: str, head: str) -> bool:
    return name.endswith("GSR.nc") and head.startswith(("CDF", "\x89HDF"))


FORMATS = (
    Format(
        name="abinit-gsr",
        program="ABINIT (*_GSR.nc)",
        matches=_matches,
        read=read_abinit_gsr,
        code="ABINIT",
        traces=("*.abi", "*.abo", "*_EIG", "*_DEN", "*_WFK"),
    ),
)
