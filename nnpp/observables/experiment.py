"""Measured numbers of zinc-blende and diamond crystals: gaps in eV, masses in mₑ.

Every number has its source. Those of III-V compounds are for 0 K and recommended by Vurgaftman,
Meyer and Ram-Mohan, J. Appl. Phys. 89, 5815 (2001), doi:10.1063/1.1368156; their a_v is
positive where the valence edge falls, `valence_by_volume` where it rises. Si: Madelung,
Semiconductors: Data Handbook (2004), doi:10.1007/978-3-642-18865-7.

Sources of II-VI compounds:

- Martienssen 2005: Martienssen and Warlimont (eds.), Springer Handbook of Condensed Matter and
  Materials Data, tables 4.1-143 and 4.1-144; looked up. Δso of ZnS and ZnSe is for 293 and
  295 K, of ZnTe for 80 K. The mass of ZnS is a polaron mass, that of ZnSe is from
  photoluminescence, that of ZnTe from cyclotron resonance.
- Herbert 1978: Herbert, Dean, Venghaus and Pfister, Band parameters for zinc telluride from
  bound exciton and donor-acceptor pair excitation luminescence, J. Phys. C 11, 3641; abstract
  looked up: μ = 0.58, γ₁ = 3.8, δ ≈ 0.12.
- Friedrich 1994: Zeeman levels of the shallow lithium acceptor and band parameters in cadmium
  telluride, J. Phys.: Condens. Matter 6, 4307; abstract looked up.
- Devreese 1989: Devreese and Peeters, Magneto-optical absorption in II-VI semiconductors, NATO
  ASI B 200; abstract looked up: band mass without polarons.
- Samarth 1989: Samarth et al., Growth of cubic (zinc blende) CdSe by molecular beam epitaxy,
  Appl. Phys. Lett. 54, 2680; abstract looked up: 1.75 eV at 10 K, 1.67 eV at 300 K.
- Madelung 2004 (gaps below 10 K, Δso of CdTe), Adachi 2005 (Properties of Group-IV, III-V and
  II-VI Semiconductors; gap of ZnS at 300 K) and Kim 1994 (Phys. Rev. B 49, 7262; Δso of CdSe):
  handbook and literature values, not looked up again.

Masses of holes are given only where Luttinger's parameters were measured.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Measured:
    """A measured number.

    Attributes:
        value: the number [eV, mₑ or 1].
        source: a short name of its source, explained in the docstring of this module.
    """

    value: float
    source: str


Numbers = Mapping[str, Measured]
"""Measured numbers of one crystal, by the keys of quantities."""

VURGAFTMAN, MADELUNG = "Vurgaftman 2001", "Madelung 2004"
MARTIENSSEN, HERBERT, FRIEDRICH = "Martienssen 2005", "Herbert 1978", "Friedrich 1994"
DEVREESE, SAMARTH, ADACHI, KIM = "Devreese 1989", "Samarth 1989", "Adachi 2005", "Kim 1994"

_COLUMNS: tuple[str, ...] = (
    "direct_gap", "splitting", "electron_mass", "gamma_1", "gamma_2", "gamma_3",
    "kane_energy", "conduction_by_volume", "valence_by_volume", "b", "d",
)  # fmt: skip

_III_V = {
    "AlP": (3.63, 0.07, 0.22, 3.35, 0.71, 1.23, 17.7, -5.7, 3.0, -1.5, -4.6),
    "AlAs": (3.099, 0.28, 0.15, 3.76, 0.82, 1.42, 21.1, -5.64, 2.47, -2.3, -3.4),
    "AlSb": (2.386, 0.676, 0.14, 5.18, 1.19, 1.97, 18.7, -4.5, 1.4, -1.35, -4.3),
    "GaP": (2.886, 0.08, 0.13, 4.05, 0.49, 2.93, 31.4, -8.2, 1.7, -1.6, -4.6),
    "GaAs": (1.519, 0.341, 0.067, 6.98, 2.06, 2.93, 28.8, -7.17, 1.16, -2.0, -4.8),
    "GaSb": (0.812, 0.76, 0.039, 13.4, 4.7, 6.0, 27.0, -7.5, 0.8, -2.0, -4.7),
    "InP": (1.4236, 0.108, 0.0795, 5.08, 1.60, 2.10, 20.7, -6.0, 0.6, -2.0, -5.0),
    "InAs": (0.417, 0.39, 0.026, 20.0, 8.5, 9.2, 21.5, -5.08, 1.0, -1.8, -3.6),
    "InSb": (0.235, 0.81, 0.0135, 34.8, 15.5, 16.5, 23.3, -6.94, 0.36, -2.0, -4.7),
}
"""Vurgaftman's values, in the order of `_COLUMNS`."""

_GAPS = {"AlP": 2.52, "AlAs": 2.24, "AlSb": 1.696, "GaP": 2.35}
"""Indirect gaps, to X [eV]."""

_OTHERS: Mapping[str, Mapping[str, tuple[float, str]]] = {
    "Si": {
        "gap": (1.17, MADELUNG),
        "splitting": (0.044, MADELUNG),
        "gamma_1": (4.285, MADELUNG),
        "gamma_2": (0.339, MADELUNG),
        "gamma_3": (1.446, MADELUNG),
    },
    "ZnS": {
        "direct_gap": (3.726, ADACHI),
        "splitting": (0.064, MARTIENSSEN),
        "electron_mass": (0.22, MARTIENSSEN),
    },
    "ZnSe": {
        "direct_gap": (2.82, MADELUNG),
        "splitting": (0.42, MARTIENSSEN),
        "electron_mass": (0.160, MARTIENSSEN),
    },
    "ZnTe": {
        "direct_gap": (2.394, MADELUNG),
        "splitting": (0.97, MARTIENSSEN),
        "electron_mass": (0.122, MARTIENSSEN),
        # δ = (γ₃ − γ₂)/γ₁ and μ = (6γ₃ + 4γ₂)/5γ₁ (Baldereschi and Lipari 1974)
        "gamma_1": (3.8, HERBERT),
        "gamma_2": (3.8 * (0.58 / 2 - 0.6 * 0.12), HERBERT),
        "gamma_3": (3.8 * (0.58 / 2 + 0.4 * 0.12), HERBERT),
    },
    "CdTe": {
        "direct_gap": (1.606, MADELUNG),
        "splitting": (0.9, MADELUNG),
        "electron_mass": (0.0920, DEVREESE),
        "gamma_1": (4.14, FRIEDRICH),
        "gamma_2": (1.09, FRIEDRICH),
        "gamma_3": (1.62, FRIEDRICH),
    },
    "CdSe": {
        "direct_gap": (1.75, SAMARTH),
        "splitting": (0.42, KIM),
    },
}
"""Numbers with a source of their own."""


def hole_masses(gamma_1: float, gamma_2: float) -> dict[str, float]:
    """Return the masses of holes along 100 from Luttinger's parameters [mₑ]."""
    return {
        "heavy_hole_mass": 1 / (gamma_1 - 2 * gamma_2),
        "light_hole_mass": 1 / (gamma_1 + 2 * gamma_2),
    }


def _complete(known: Numbers, gap: float | None = None) -> Numbers:
    """Return the numbers of a crystal with those that follow from them.

    Args:
        known: the measured numbers.
        gap: an indirect gap, which is the lowest [eV]; without it the direct gap is.
    """
    return MappingProxyType({**known, **dict(_derived(known, gap))})


def _derived(known: Numbers, gap: float | None) -> Iterator[tuple[str, Measured]]:
    """Yield the numbers that follow from others, with the source of those."""
    if "direct_gap" in known:
        at = known["direct_gap"]
        yield "gap", Measured(at.value if gap is None else gap, at.source)
    if "gamma_1" in known:
        one, two = known["gamma_1"], known["gamma_2"]
        for name, mass in hole_masses(one.value, two.value).items():
            yield name, Measured(mass, one.source)
    if "conduction_by_volume" in known:
        upper, lower = known["conduction_by_volume"], known["valence_by_volume"]
        yield "gap_by_volume", Measured(upper.value - lower.value, upper.source)


def _all() -> Iterator[tuple[str, Numbers]]:
    """Yield formula and numbers of every crystal."""
    for symbols, row in _III_V.items():
        columns = zip(_COLUMNS, row, strict=True)
        known = {name: Measured(value, VURGAFTMAN) for name, value in columns}
        yield symbols, _complete(known, _GAPS.get(symbols))
    for symbols, row in _OTHERS.items():
        yield symbols, _complete({name: Measured(*pair) for name, pair in row.items()})


EXPERIMENT: Mapping[str, Numbers] = MappingProxyType(dict(_all()))
"""Measured numbers of each crystal, by its formula, cation first."""

BOWING: Mapping[frozenset[str], float] = MappingProxyType(
    {
        frozenset(("InAs", "GaAs")): 0.477,
        frozenset(("AlAs", "InAs")): 0.70,
        frozenset(("InP", "GaP")): 0.65,
        frozenset(("InAs", "InP")): 0.10,
        frozenset(("GaAs", "GaP")): 0.19,
        frozenset(("GaAs", "GaSb")): 1.43,
        frozenset(("InAs", "InSb")): 0.67,
        frozenset(("GaSb", "InSb")): 0.415,
    }
)
"""Bowing C of the gap at Γ, E(x) = (1−x)E_A + xE_B − C x(1−x) (Vurgaftman 2001) [eV]."""
