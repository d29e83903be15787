"""Folders of DeePseudopot are read unchanged; one mistake is one error with its line."""

import numpy as np
import pytest

from nnpp.config.deepseudopot.folder import read_deepseudopot
from nnpp.config.fit_yaml import dump, line_of, read_fit
from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.formats.structures import read_crystals
from nnpp.setup.reference import read_reference
from tests.config.samples import assert_error, files_of, spoil, write_older
from tests.reference.data import FOLDER

SAMPLE = FOLDER / "deepseudopot-zbCdSe"

WRONG = [
    ("NN_config.par", "nSystem", "nSistem", 2, "did you mean 'nSystem'?"),
    ("NN_config.par", "nSystem = 1\n", "", None, "nSystem is missing"),
    ("NN_config.par", "nSystem = 1", "nSystem = one", 2, "is not a number"),
    ("NN_config.par", "nSystem = 1", "nSystem = 1.5", 2, "not an integer"),
    ("NN_config.par", "nSystem = 1", "nSystem 1", 2, "key = value"),
    ("NN_config.par", "nSystem = 1", "nSystem = 1\nnSystem = 1", 3, "given twice"),
    ("NN_config.par", "20 20", "20 0", 3, "greater than or equal to 1"),
    ("NN_config.par", "20 20", "20 x", 3, "is not a number"),
    ("NN_config.par", "relu_xavier", "gelu_xavier", 4, "unknown PPmodel"),
    ("NN_config.par", "1.5", "-1.5", 5, "greater than 0"),
    ("NN_config.par", "5.0d-3", "5.0q-3", 6, "is not a number"),
    ("NN_config.par", "0.90", "nan", 7, "not finite"),
    ("NN_config.par", "0.90", "1.90", 7, "less than or equal to 1"),
    ("NN_config.par", "num_cores = 4", "optimizer = adm", 10, "did you mean 'adam'?"),
    ("NN_config.par", "num_cores = 4", "SObool = yes", 10, "write 0 or 1"),
    ("NN_config.par", "num_cores = 4", "relE_bIdx = 4", 10, "no band 5"),
    ("NN_config.par", "num_cores = 4", "mc_bool = 1\nmc_iter = 5", None, "`size` is missing"),
    ("system_0.par", "cell\n", "", None, "there is no `cell`"),
    ("system_0.par", "0.0 0.5 0.5\n", "", 3, "three rows"),
    ("system_0.par", "0.0 0.5 0.5", "0.0 0.5", 4, "not 3"),
    ("system_0.par", "Cd 0.125 0.125 0.125", "Cd 0.125 0.125", 9, "not 4"),
    ("system_0.par", "Cd 0.125 0.125 0.125", "Cd 0.125 a 0.125", 9, "is not a number"),
    ("system_0.par", "scale = 11.4485278", "scale = -11.4", 1, "greater than 0"),
    ("system_0.par", "scale = 11.4485278", "scale = 0.1", 8, "Å apart"),
    ("system_0.par", "0.5 0.5 0.0", "0.0 0.5 0.5", 8, "no volume"),
    ("input_0.par", "maxKE = 5", "maxKE = -5", 1, "above zero"),
    ("input_0.par", "maxKE = 5\n", "", None, "maxKE is missing"),
    ("input_0.par", "maxKE", "maxKe", 1, "did you mean 'maxKE'?"),
    ("input_0.par", "nBands = 4", "nBands = 0", 2, "above zero"),
    ("expBandStruct_0.par", "0.0 -19.9 -19.9 -9.0 -9.0", "0.0 -19.9 -19.9 -9.0", 2, "columns"),
    ("expBandStruct_0.par", "0.5 -20.1 -20.1 -6.3 -6.3\n", "", None, "has 1 k-points"),
    ("expBandStruct_0.par", "-20.1 -20.1", "nan -20.1", 2, "not finite"),
    ("expBandStruct_0.par", "-20.1 -20.1", "***** -20.1", 2, "is not a number"),
    ("bandWeights_0.par", "2.0\n2.0", "2.0", None, "has 3 weights"),
    ("bandWeights_0.par", "2.0\n2.0", "2.0\n-2.0", None, "greater than or equal to 0"),
    ("kpoints_0.par", "0.0 0.0 0.0 1.0\n", "", None, "has 2 k-points"),
    ("kpoints_0.par", "0.5 0.5 0.5 10.0", "0.5 0.5 0.5", 1, "has 3 columns"),
    ("kpoints_0.par", "0.5 0.5 0.5 10.0", "5.5 0.5 0.5 10.0", 1, "fractional coordinates"),
    ("kpoints_0.par", "10.0", "-10.0", 1, "weight"),
    ("init_CdParams.par", "0.0586", "0.0586\n1\n", None, "holds 6 numbers"),
    ("init_CdParams.par", "1.3890", "1.38.90", 2, "is not a number"),
]


def read_all(folder) -> None:
    spec = read_inputs(folder).spec
    for i, crystal in enumerate(read_crystals(spec)):
        read_reference(spec, i, crystal)


def test_a_folder_is_read_unchanged(tmp_path):
    spec, notes = read_deepseudopot(write_older(tmp_path))
    (system,) = spec.systems
    assert (system.name, system.cutoff, system.bands, system.spin) == ("CdSe", 5, 4, "doubled")
    assert (system.plane_waves, system.zero) == ("deepseudopot", "absolute")
    assert system.weights.kpoints == (10, 1)
    assert spec.potential.network.activation == "relu"
    assert spec.potential.network.initial == "xavier"
    assert (spec.potential.start, spec.potential.envelope.sigma) == ("zero", 1.5)
    assert spec.fit.learning_rate == 5e-3
    assert (spec.fit.schedule.decay, spec.fit.schedule.every) == (0.9, 20)
    cadmium, selenium = spec.potential.elements.values()
    assert cadmium.strength("strain") == (0.0586, 0) and selenium.strength("strain") == (
        0.1746,
        0,
    )
    assert (selenium.strength("charge"), selenium.strength("spin_orbit")) == (0.5, None)
    assert any("num_cores: not needed" in note for note in notes)
    assert any("SObool = 0" in note for note in notes)
    assert line_of(spec, "systems", 0, "bands") == 2
    read_all(tmp_path)


def test_spin_orbit_is_switched_on(tmp_path):
    folder = write_older(tmp_path)
    spoil(folder / "NN_config.par", "num_cores = 4", "SObool = 1\nrelE_bIdx = 3")
    spec, _ = read_deepseudopot(folder)
    assert spec.has_spin_orbit
    assert spec.potential.elements["Se"].strength("spin_orbit") == 1.2
    assert spec.potential.elements["Se"].strength("nonlocal") == (0.1, 0.2)
    assert spec.systems[0].zero.model_dump() == {"band": 4, "kpoint": 1}


def test_it_equals_a_fit_yaml(tmp_path):
    spec, _ = read_deepseudopot(write_older(tmp_path / "older"))
    (tmp_path / "fit.yaml").write_text(dump(spec, tmp_path), encoding="utf-8")
    assert read_fit(tmp_path / "fit.yaml") == spec


def test_unused_files_give_notes(tmp_path):
    folder = write_older(tmp_path)
    for name in (
        "best.pth",
        "expDefPot_0.par",
        "kpoints_0_orderMatrix.par",
        "init_SParams.par",
    ):
        (folder / name).write_bytes(b"\x80")
    notes = " | ".join(read_deepseudopot(folder)[1])
    assert "a .pth network is a pickle and is not read; start from Zunger" in notes
    assert "expDefPot_0.par: not read, input_0.par does not have fit_defPot = 1" in notes
    assert "kpoints_0_orderMatrix.par: not supported" in notes
    assert "init_SParams.par: not read" in notes


def test_systems_of_one_name_are_numbered(tmp_path):
    folder = write_older(tmp_path)
    for name in ("system", "input", "kpoints", "expBandStruct", "bandWeights"):
        (folder / f"{name}_1.par").write_bytes((folder / f"{name}_0.par").read_bytes())
    spoil(folder / "NN_config.par", "nSystem = 1", "nSystem = 2")
    assert [s.name for s in read_deepseudopot(folder)[0].systems] == ["CdSe_0", "CdSe_1"]


@pytest.mark.parametrize(("name", "old", "new", "line", "words"), WRONG)
def test_one_mistake(tmp_path, name, old, new, line, words):
    folder = write_older(tmp_path)
    spoil(folder / name, old, new)
    before = files_of(folder)
    with pytest.raises(InputError) as caught:
        read_all(folder)
    blamed = "expBandStruct_0.par" if (name, line) == ("kpoints_0.par", None) else name
    assert_error(caught.value, blamed, line, words)
    assert files_of(folder) == before


@pytest.mark.parametrize(
    "name",
    ["system_0", "input_0", "kpoints_0", "expBandStruct_0", "bandWeights_0", "init_CdParams"],
)
def test_a_missing_file_is_named(tmp_path, name):
    folder = write_older(tmp_path)
    (folder / f"{name}.par").unlink()
    with pytest.raises(InputError) as caught:
        read_all(folder)
    assert_error(caught.value, f"{name}.par", None, "no such file")


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the sample is not in shared/")
def test_the_sample_of_deepseudopot():
    fit = read_inputs(SAMPLE)
    (crystal,) = read_crystals(fit.spec)
    reference = read_reference(fit.spec, 0, crystal)
    assert reference.E.shape == (61, 16) and reference.doubled
    assert float(reference.E[0, 0]) * 27.2114 == pytest.approx(-19.9419263358807228, abs=1e-12)
    assert np.asarray(reference.k_weights)[[0, 1, 20]].tolist() == [10, 1, 10]
    assert fit.spec.fit.steps == 200
