"""Reports: numbers of the reference, their origin, spreads of members, what is not fitted."""

import csv

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.formats.bands_h5 import read_bands_h5, write_bands_h5
from nnpp.formats.ensemble import StoredEnsemble
from nnpp.formats.model import named
from nnpp.observables.bands import Bands
from nnpp.setup.compare import reference_bands
from nnpp.structures.kpoints import listed
from nnpp.workflows.report.potential import notes_on_states, spreads
from nnpp.workflows.report.reference import numbers_of_reference
from nnpp.workflows.report.report import run_report
from nnpp.workflows.train.init_fit import run_init_fit
from nnpp.workflows.train.train import Options, run_train
from tests import systems
from tests.setup.volumes import REFERENCES, cases, system

FROM_FILE = "masses of the reference are those of its file 1.00.h5, along x"


def of_reference(folder, *texts):
    """Numbers and notes of the reference of the first system."""
    made = cases(folder, *texts)
    return numbers_of_reference(made[0], made)


def test_masses_of_the_file(tmp_path):
    """zb-CdSe: those of inputs/reference/README.md, and γ₁ and γ₂ from them."""
    numbers, notes = of_reference(tmp_path, system())
    assert notes == [FROM_FILE]
    known = {"electron_mass": 0.094, "heavy_hole_mass": 0.698, "light_hole_mass": 0.123}
    assert {key: numbers[key] for key in known} == pytest.approx(known, abs=5e-4)
    one, two = numbers["gamma_1"], numbers["gamma_2"]
    assert 1 / (one - 2 * two) == pytest.approx(numbers["heavy_hole_mass"])
    assert 1 / (one + 2 * two) == pytest.approx(numbers["light_hole_mass"])
    assert not {"gamma_3", "kane_energy", "gap_by_volume", "b"} & set(numbers)


def test_the_slope_of_the_gap_from_references_at_two_other_volumes(tmp_path):
    numbers, notes = of_reference(tmp_path, system(), system("0.99"), system("1.01"))
    assert numbers["gap_by_volume"] == pytest.approx(-2.56, abs=5e-3)
    assert notes[0].endswith("difference of the gaps of zb-0.99 and zb-1.01")
    numbers, _ = of_reference(tmp_path, system(), system("1.01"))
    assert "gap_by_volume" not in numbers, "no smaller volume"


def test_a_scissor_raises_gaps_and_keeps_masses(tmp_path):
    plain, _ = of_reference(tmp_path, system())
    raised, notes = of_reference(tmp_path, system(more=", scissor: 0.4 eV"))
    assert raised["direct_gap"] == pytest.approx(plain["direct_gap"] + 0.4)
    assert raised["electron_mass"] == plain["electron_mass"]
    assert (
        "include its scissor of 0.4 eV; masses are those of the levels as stored" in notes[-1]
    )


def written(folder, spacing):
    """A copy of the reference without masses, whose levels near Γ lie on Kane's formula."""
    stored = read_bands_h5(REFERENCES / "zb-CdSe" / "1.00.h5")
    gamma = stored.bands.kpoints.require_gamma
    E = np.sort(np.asarray(stored.bands.E[gamma]))
    k = np.arange(6)[:, None] * spacing * np.array([1.0, 0, 0])
    q = (k**2).sum(axis=1) / 2
    levels = np.tile(E, (6, 1))
    levels[:, 8:] += ((np.sqrt(1 + 4 * 3 * q / 0.1) - 1) / 6)[:, None]
    levels[:, 6:8] -= (q / 0.7)[:, None]
    levels[:, :6] -= (q / 0.12)[:, None]
    crystal = stored.crystal
    fractional = k @ np.asarray(crystal.cell).T / (2 * np.pi)
    kpoints = listed(crystal, fractional, labels=("Γ", *[""] * 5))
    path = folder / f"{spacing}.h5"
    return write_bands_h5(
        path, Bands(kpoints, jnp.asarray(levels), 8, True), crystal, {"masses": "none"}
    )


def test_masses_of_the_levels_near_gamma(tmp_path):
    """A file without masses: fitted to its levels if they are close enough, else none."""
    file = written(tmp_path, 0.009)
    numbers, notes = of_reference(tmp_path, system(file=file, take="all"))
    known = {"electron_mass": 0.1, "heavy_hole_mass": 0.7, "light_hole_mass": 0.12}
    assert {key: numbers[key] for key in known} == pytest.approx(known, rel=1e-2)
    assert len(notes) == 3
    assert "m electron Γ of the reference: Δ(1 + αΔ) = ½ k·A·k fitted" in notes[0]
    assert "at 5 k-points up to 0.045 bohr⁻¹, residual 0.00 meV" in notes[0]
    far = written(tmp_path, 0.04)
    numbers, notes = of_reference(tmp_path, system(file=far, take="all"))
    assert notes == [] and not set(known) & set(numbers)


def test_a_spread_is_the_standard_deviation_of_the_members(tmp_path):
    """Two members whose first number is 1 and 4: √(2·1.5²/1)."""
    (case,) = cases(tmp_path, system())
    potential = systems.cdse()
    arrays = {
        name: np.stack([np.asarray(x), 4 * np.asarray(x)])
        for name, x in named(potential).items()
    }

    def ratio(case, member):
        first, own = (jax.tree.leaves(x)[0].ravel()[0] for x in (potential, member))
        return {"electron_mass": float(own / first)}

    ensemble = StoredEnsemble({}, {}, None, arrays)
    found = spreads(case, potential, reference_bands(case), ensemble, ratio)
    assert found == pytest.approx({"electron_mass": np.sqrt(2 * 1.5**2)})


@pytest.mark.parametrize("rule", ["smooth", "per-k"])
def test_a_note_says_what_the_kane_energy_of_smooth_plane_waves_is(rule, tmp_path):
    """Velocities of the smooth kinetic energy are not k near the cutoff."""
    text = system().replace("hartree\n", f"hartree\n    plane_waves: {rule}\n", 1)
    (case,) = cases(tmp_path, text)
    notes = list(notes_on_states(case, systems.cdse(), {"kane_energy": 13.0}))
    wanted = ["Do not compare it with experiment"] if rule == "smooth" else []
    assert [note[-len(wanted[0]) :] for note in notes if "E_P" in note] == wanted
    assert not [n for n in notes_on_states(case, systems.cdse(), {}) if "E_P" in n]


def test_a_run_with_an_ensemble(tmp_path):
    """Fitted and other numbers are marked; each has a spread, in table and page."""
    text = system(take="named", targets="[{kind: direct_gap, value: 1.36 eV}]")
    weightless = text.replace(str([1] * 16), str([*[0] * 6, *[1] * 10]))
    cases(tmp_path / "fit", weightless)
    fit = read_inputs(tmp_path / "fit")
    (before,) = run_report([fit], tmp_path / "before")
    assert {row.fitted for row in before.reports[0].rows} == {"not fitted"}
    assert "not fitted: the potential was not trained here" in before.reports[0].notes
    list(run_init_fit([fit], tmp_path / "results", False))
    run = read_inputs(tmp_path / "results" / "fit")
    list(run_train([run], Options(members=2)))
    (result,) = run_report([run], tmp_path / "out")
    rows = {row.name: row for row in result.reports[0].rows}
    marks = {name: row.fitted for name, row in rows.items()}
    assert (marks["gap"], marks["gap at Γ"], marks["Δso"]) == ("levels", "target", "not fitted")
    assert all(row.fitted == "not fitted" for name, row in rows.items() if "gap" not in name)
    assert all(row.spread is not None and row.spread >= 0 for row in rows.values())
    assert rows["m electron Γ"].spread > 0
    with result.paths[0].open(encoding="utf-8") as file:
        table = {row["quantity"]: row for row in csv.DictReader(file)}
    assert float(table["gap"]["spread"]) == pytest.approx(rows["gap"].spread, rel=1e-4)
    assert (table["Δso"]["fit"], table["gap"]["source"]) == ("not fitted", "Samarth 1989")
    assert "<td>not fitted</td>" in result.paths[1].read_text("utf-8")
