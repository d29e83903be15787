"""Crystals outside a fit, and their expected gaps from experiment."""

from pathlib import Path

import numpy as np
import pytest

from nnpp.basis.rules import PER_K, SMOOTH
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.observables.deformation import by_volume, strain_derivative
from nnpp.observables.edges import Edges
from nnpp.structures.alloys import zinc_blende
from nnpp.structures.symmetry import space_group
from nnpp.units import HARTREE_EV
from nnpp.workflows.transfer import references
from nnpp.workflows.transfer import unseen as unseen_module
from nnpp.workflows.transfer.transfer import AtGamma
from nnpp.workflows.transfer.unseen import (
    Binary,
    alloy_gap,
    gap_at_gamma,
    strained_gap,
    unseen,
)
from tests.systems import A_CDSE, at, cdse

REFERENCES = Path(__file__).parents[2] / "inputs" / "reference"

INAS, GAAS = Binary("In", "As", 11.45, 4.2), Binary("Ga", "As", 10.68, 4.8)


def test_cases_of_two_compounds():
    found = {case.name: case for case in unseen([INAS, GAAS], spinor=True, cells=4)}
    assert list(found) == [
        "InAs +3% volume", "InAs -3% volume", "GaAs +3% volume", "GaAs -3% volume",
        "InAs wurtzite", "GaAs wurtzite", "(InAs)1(GaAs)1",
        "InAs-GaAs 0.75:0.25", "InAs-GaAs 0.5:0.5", "InAs-GaAs 0.25:0.75",
    ]  # fmt: skip
    grown = found["InAs +3% volume"].crystal
    assert float(grown.dilation) == pytest.approx(0.03)
    assert float(grown.volume / zinc_blende("In", "As", 11.45).volume) == pytest.approx(1.03)
    half = found["InAs-GaAs 0.5:0.5"].crystal
    assert sorted(half.symbols) == ["As"] * 4 + ["Ga"] * 2 + ["In"] * 2
    assert half.own is not None and len(half.own) == len(half.species)
    layers = found["(InAs)1(GaAs)1"]
    own = dict(zip(layers.crystal.species, np.asarray(layers.crystal.own), strict=True))
    assert own["In"] < 0 < own["Ga"]


def test_the_unstrained_crystal_is_zinc_blende():
    crystal = zinc_blende("In", "As", 11.45)
    assert "(216)" in space_group(crystal) and crystal.symbols == ("In", "As")
    assert float(crystal.volume) == pytest.approx(11.45**3 / 4)


def test_expected_gaps_follow_from_the_unstrained_gaps():
    gaps = {"InAs": 0.4 / HARTREE_EV, "GaAs": 1.4 / HARTREE_EV}
    strained = strained_gap(gaps, "InAs", -6 / HARTREE_EV, 0.03) * HARTREE_EV
    assert strained == pytest.approx(0.4 - 6 * np.log(1.03))
    alloy = alloy_gap(gaps, ("InAs", "GaAs"), 0.25, 0.477 / HARTREE_EV) * HARTREE_EV
    assert alloy == pytest.approx(0.75 * 0.4 + 0.25 * 1.4 - 0.477 * 3 / 16)


def test_with_smooth_plane_waves_strained_gaps_have_the_slope_of_a_report(monkeypatch):
    """The difference of levels at one cutoff is the strain derivative."""
    monkeypatch.setattr(unseen_module, "STRAIN", 1e-3)
    zb, edges = zinc_blende("Cd", "Se", A_CDSE), Edges(4, spinor=False)
    potential = cdse()
    solve = AtGamma(potential, None, False, SMOOTH)
    one = Binary("Cd", "Se", A_CDSE, 3.0, smooth=True)
    both = list(unseen([one], False, 4))[:2]
    assert [case.cutoff for case in both] == [3.0, 3.0]
    found = [solve(case.crystal, case.cutoff, case.electrons) for case in both]
    grown, shrunk = (gap_at_gamma(levels.E, levels.top) for levels in found)
    slopes = strain_derivative(potential, at(zb, [0, 0, 0], 3.0, rule=SMOOTH))
    exact = by_volume(slopes, *edges.conduction) - by_volume(slopes, *edges.valence)
    assert (grown - shrunk) / np.log(1.001 / 0.999) == pytest.approx(float(exact), rel=1e-4)


def test_with_a_sharp_cutoff_a_strained_crystal_keeps_its_plane_waves():
    one = Binary("Cd", "Se", A_CDSE, 3.0, smooth=False)
    counts = [
        len(n)
        for case in list(unseen([one], False, 4))[:2]
        for n in PER_K.select(np.asarray(case.crystal.cell), np.zeros((1, 3)), case.cutoff)
    ]
    (unstrained,) = PER_K.select(
        np.asarray(zinc_blende("Cd", "Se", A_CDSE).cell), np.zeros((1, 3)), 3.0
    )
    assert counts == [len(unstrained)] * 2


def test_quantities_of_wurtzite_are_differences_of_the_highest_levels():
    E = np.array([-3.0, -2.0, -2.0, -1.5, -1.5, -1.0, -1.0, 2.0, 2.0])
    wurtzite = next(c for c in unseen([INAS], True, 4) if "wurtzite" in c.name)
    values = {name: float(f(E, 6)) for name, f in wurtzite.quantities.items()}
    assert values == {"gap at Γ": 3.0, "A − B": 0.5, "A − C": 1.0}


def test_compounds_without_a_common_element_are_not_mixed():
    names = [c.name for c in unseen([INAS, Binary("Ga", "P", 10.3, 5.0)], True, 4)]
    assert not any("-GaP" in name or "1(" in name for name in names)


def at_gamma(name: str, volume: str = "1.00"):
    """The gap of a reference at Γ, its splits A − B and A − C [eV], and its cell."""
    stored = read_bands_h5(REFERENCES / name / f"{volume}.h5")
    full, gamma = stored.bands.occupied, stored.bands.kpoints.require_gamma
    E = np.sort(np.asarray(stored.bands.E[gamma])) * HARTREE_EV
    splits = {"A − B": E[full - 1] - E[full - 3], "A − C": E[full - 1] - E[full - 5]}
    return E[full] - E[full - 1], splits, stored.crystal


def test_values_of_cadmium_selenide_are_those_of_its_reference_files():
    zb = {v: at_gamma("zb-CdSe", v)[0] for v in ("0.99", "1.00", "1.01")}
    slope = (zb["1.01"] - zb["0.99"]) / np.log(1.01 / 0.99)
    assert references.GAP_BY_VOLUME["CdSe"] == pytest.approx(slope, abs=5e-4)
    gap, splits, crystal = at_gamma("wz-CdSe")
    known = references.WURTZITE["CdSe"]
    assert known.above == pytest.approx(gap - zb["1.00"], abs=1e-4)
    assert dict(known.splits) == pytest.approx(splits, abs=1e-4)
    lengths = np.linalg.norm(np.asarray(crystal.cell), axis=1)
    assert (known.a, known.ratio) == pytest.approx((lengths[0], lengths[2] / lengths[0]), 1e-5)
    apart = np.asarray(crystal.fractional)[:, None] - np.asarray(crystal.fractional)
    apart -= np.round(apart)
    along_c = np.linalg.norm(apart[..., :2], axis=-1) < 1e-6
    pairs = along_c & (np.array(crystal.symbols)[:, None] != np.array(crystal.symbols))
    assert np.abs(apart[pairs][:, 2]) == pytest.approx(known.u, abs=1e-4)


def test_expected_values_of_cadmium_selenide():
    """Its reference has a slope, a gap of wurtzite and both splits; the lattice is the same."""
    zb = Binary("Cd", "Se", 11.4485278, 4.2)
    found = {case.name: case for case in unseen([zb], spinor=True, cells=4)}
    gaps = {"CdSe": 1.4 / HARTREE_EV}
    grown = found["CdSe +3% volume"].expected["gap at Γ"]
    assert grown.value(gaps) * HARTREE_EV == pytest.approx(1.4 - 2.56 * np.log(1.03))
    assert "reference bands by GPAW" in grown.source
    wurtzite = found["CdSe wurtzite"]
    expected = {k: x.value(gaps) * HARTREE_EV for k, x in wurtzite.expected.items()}
    assert expected == pytest.approx({"gap at Γ": 1.4587, "A − B": 0.0215, "A − C": 0.3833})
    volume = float(at_gamma("wz-CdSe")[2].volume)
    assert float(wurtzite.crystal.volume) == pytest.approx(volume, 1e-5)
    assert wurtzite.cutoff == 4.2, "the potential belongs to its cutoff"
    sharp = Binary("Cd", "Se", 11.4485278, 4.2, smooth=False)
    same = next(c for c in unseen([sharp], True, 4) if "wurtzite" in c.name)
    assert same.cutoff == pytest.approx(4.2 * (11.4485278**3 / 2 / volume) ** (2 / 3), 1e-5)
    assert float(wurtzite.crystal.dilation) == pytest.approx(0, abs=1e-12), "unstrained"
    spinless = next(c for c in unseen([zb], False, 4) if "wurtzite" in c.name)
    assert set(spinless.expected) == {"gap at Γ"}, "A − C would be the crystal field"
