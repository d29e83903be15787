"""Valence electrons of a pseudopotential: s, p, and those of a d shell that is not full."""

from nnpp.errors import InputError
from nnpp.structures.crystal import Crystal

SYMBOLS: tuple[str, ...] = (
    *(
        "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga "
        "Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd "
        "Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn"
    ).split(),
)
"""The elements up to radon, by atomic number from 1."""

NOBLE_CORES = (54, 36, 18, 10, 2, 0)


def atomic_number(symbol: str) -> int:
    """Return the atomic number Z of an element up to radon."""
    if symbol not in SYMBOLS:
        raise InputError(f"unknown element {symbol!r}", "use symbols from H to Rn")
    return SYMBOLS.index(symbol) + 1


def valence_electrons(symbol: str) -> int:
    """Return the number of electrons outside the noble-gas core and full d and f shells.

    Examples are Cd 2, In 3, Pb 4 and Se 6. Lanthanides raise an InputError.
    """
    z = atomic_number(symbol)
    core = next(c for c in NOBLE_CORES if z > c)
    outside = z - core
    if core == 54 and 3 <= outside <= 17:
        raise InputError(f"the valence of {symbol} is ambiguous", "set `electrons`")
    f_shell = 14 if core == 54 and outside > 17 else 0
    d_shell = 10 if core >= 18 and outside - f_shell > 10 else 0
    return outside - f_shell - d_shell


def electrons(crystal: Crystal, stated: int | None = None) -> int:
    """Return the number of valence electrons in the cell: as stated, or by its elements."""
    if stated is not None:
        return stated
    return sum(valence_electrons(s) for s in crystal.symbols)
