"""Crystals by name, as zb-CdSe, wz-CdSe and perovskite-CsPbI3, and lengths of their bonds."""

import re

import numpy as np

from nnpp.errors import InputError, suggest
from nnpp.structures.alloys import wurtzite
from nnpp.structures.crystal import Crystal, crystal
from nnpp.structures.environment import Bonds
from nnpp.units import LENGTH

ZINC_BLENDE = {
    "CdSe": 2.6233, "CdS": 2.5193, "CdTe": 2.8064, "ZnSe": 2.45, "ZnS": 2.33, "ZnTe": 2.6430,
    "InAs": 2.6228, "InP": 2.5228, "InSb": 2.8057, "GaAs": 2.4480, "GaP": 2.360,
    "GaSb": 2.6396, "AlAs": 2.4513, "AlP": 2.3674, "AlSb": 2.6568,
}  # fmt: skip
"""Bonds of zinc blende [Å].

InSb, GaSb, AlAs, AlP and AlSb: √3a/4 of Vurgaftman, Meyer and Ram-Mohan, J. Appl. Phys. 89,
5815 (2001); CdTe and ZnTe: √3a/4 of Adachi, Properties of Group-IV, III-V and II-VI
Semiconductors (2005). Others: ideal bonds to which pseudopotentials for dots are fitted.
"""

WURTZITE = {"CdSe": 2.6326, "CdS": 2.5292}
"""Bonds of ideal wurtzite where they differ from those of zinc blende [Å]."""

PEROVSKITE = {"CsPbI3": 6.2894, "CsPbBr3": 5.874, "CsPbCl3": 5.605}
"""Lattice constants of the cubic phase [Å].

CsPbI3: Trots and Myagkota, J. Phys. Chem. Solids 69, 2520 (2008); CsPbBr3: Stoumpos et al.,
Cryst. Growth Des. 13, 2722 (2013); CsPbCl3: Møller, Nature 182, 1436 (1958).
"""

NAME = re.compile(r"(zb|wz)-([A-Z][a-z]?)([A-Z][a-z]?)")

FCC_CORNERS = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


def known_names() -> tuple[str, ...]:
    """Return the names of all crystals with a built-in bond length."""
    return (
        *(f"zb-{c}" for c in ZINC_BLENDE),
        *(f"wz-{c}" for c in ZINC_BLENDE),
        *(f"perovskite-{c}" for c in PEROVSKITE),
    )


def named_crystal(name: str, bond: float | None = None) -> Crystal:
    """Return zinc blende (cubic cell) or ideal wurtzite by its name, as zb-CdSe.

    Args:
        name: zb- or wz- and cation and anion.
        bond: length of its bond [bohr]; by default that of the tables.
    """
    found = NAME.fullmatch(name)
    if found is None or (bond is None and found[2] + found[3] not in ZINC_BLENDE):
        raise InputError(
            f"{name!r:.60} is neither a structure file nor a known crystal",
            suggest(name, known_names()),
        )
    kind, cation, anion = found.groups()
    d = built_in_bond(cation, anion, kind == "wz") if bond is None else bond
    assert d is not None, "the name is in the table"
    a = 4 * d / np.sqrt(3)
    if kind == "wz":
        return wurtzite(cation, anion, a / np.sqrt(2))
    corners = np.concatenate([FCC_CORNERS, FCC_CORNERS + 0.25])
    return crystal(a * np.eye(3), corners, (cation,) * 4 + (anion,) * 4)


def built_in_bond(cation: str, anion: str, wurtzite: bool = False) -> float | None:
    """Return the length of a bond [bohr], or None if it is in no table."""
    table = ZINC_BLENDE | WURTZITE if wurtzite else ZINC_BLENDE
    d = table.get(cation + anion)
    return None if d is None else d * LENGTH["angstrom"]


def bonds_of(
    pairs: set[tuple[str, str]], own: dict[tuple[str, str], float], wurtzite: bool
) -> Bonds:
    """Return the unstrained length of the bonds between pairs of cation and anion [bohr].

    Args:
        pairs: cation and anion of each bond.
        own: lengths that differ from those of the tables, as of the crystal itself [bohr].
        wurtzite: whether bonds of wurtzite are preferred.
    """
    found = {p: own.get(p) or built_in_bond(*p, wurtzite) for p in sorted(pairs)}
    unknown = ["-".join(pair) for pair, d in found.items() if d is None]
    if unknown:
        raise InputError(
            f"lengths of bonds are not known: {', '.join(unknown)}",
            f"give each, as --bond '{unknown[0]} 2.6 angstrom'",
        )
    return {frozenset(pair): d for pair, d in found.items() if d is not None}
