"""fit.yaml: read, written and read again, without slow imports."""

import re
import subprocess
import sys
from typing import Any

import pytest

from nnpp.config.fit_yaml import dump, dump_yaml, json_schema, line_of, plain, read_fit
from nnpp.config.inputs import find_fits, read_inputs
from nnpp.config.kpoints import read_path_text
from nnpp.config.spec import FitSettings, FitSpec
from nnpp.config.values import energy, length
from nnpp.errors import InputError
from nnpp.formats.model import write_model
from nnpp.units import BOHR_ANGSTROM, HARTREE_EV
from tests import systems
from tests.config.samples import FIT, write_fit, write_older


def spec_of(folder) -> FitSpec:
    return read_fit(write_fit(folder) / "fit.yaml")


def test_values_are_in_atomic_units(tmp_path):
    spec = spec_of(tmp_path)
    first, inline = spec.systems
    assert (first.cutoff, inline.cutoff) == (5.0, 5.0)
    assert inline.structure.scale == pytest.approx(6.0583 / BOHR_ANGSTROM)
    assert first.weights.windows[0].high == pytest.approx(2 / HARTREE_EV)
    assert first.structure == tmp_path / "zb-CdSe.vasp"
    assert first.reference.format == "csv"
    assert inline.kpoints.path == "L Γ X U|K Γ"


def test_without_reference_the_path_is_automatic(tmp_path):
    folder = write_fit(
        tmp_path, fit=FIT.replace('    kpoints: {path: "L-G-X U|K GAMMA", points: 12}\n', "")
    )
    assert read_fit(folder / "fit.yaml").systems[1].kpoints.path == "auto"


def test_lines_are_kept(tmp_path):
    spec = spec_of(tmp_path)
    assert line_of(spec, "systems", 0, "cutoff") == 5
    assert line_of(spec, "systems", 0, "weights", "kpoints", 1) == 13
    assert line_of(spec, "systems", 1, "structure", "atoms", 1) == 23
    assert line_of(spec, "potential", "elements", "Se", "strain") == 30
    assert line_of(spec, "systems", 0, "spin") == 3, "a default has the line of its section"


@pytest.mark.parametrize("below", ["", "deep/er"])
def test_a_dump_read_back_is_equal(tmp_path, below):
    spec, run = spec_of(tmp_path / "inputs" / "a"), tmp_path / "results" / below
    run.mkdir(parents=True)
    (run / "fit.yaml").write_text(dump(spec, run), encoding="utf-8")
    assert read_fit(run / "fit.yaml") == spec
    assert str(tmp_path) not in dump(spec, run), "files are named from the folder"


def test_a_fit_for_filter_codes(tmp_path):
    """It is kept in a dump; a table and a stored potential with s waves are refused."""
    served = FIT.replace("  elements:", "  for: filter\n  elements:")
    spec = read_fit(write_fit(tmp_path / "a", fit=served) / "fit.yaml")
    assert spec.potential.for_ == "filter"
    assert plain(spec)["potential"]["for"] == "filter"
    assert "for" not in plain(spec_of(tmp_path / "b"))["potential"]
    table = "potential: {kind: table, for: filter, elements: {Cd: {local: {q: [1], v: [2]}}}}\n"
    write_model(tmp_path / "c" / "potential", systems.everything(), {})
    model = "potential: {kind: model, for: filter, file: ../c}\n"
    head, tail = FIT.index("potential:"), FIT.index("fit:\n")
    for name, potential, words in (("d", table, "v(r)"), ("e", model, "no s-wave term")):
        folder = write_fit(tmp_path / name, fit=FIT[:head] + potential + FIT[tail:])
        with pytest.raises(InputError, match=re.escape(words)):
            read_fit(folder / "fit.yaml")


def test_a_run_is_a_fit(tmp_path):
    spec, run = spec_of(tmp_path / "a"), tmp_path / "results"
    run.mkdir()
    text = dump_yaml({"version": "0.1.0", "configuration": plain(spec, run)})
    (run / "run.yaml").write_text(text, encoding="utf-8")
    again = read_inputs(run)
    assert again.spec == spec
    line = line_of(again.spec, "systems", 0, "cutoff")
    assert line and "cutoff" in text.splitlines()[line - 1]


def test_another_value_is_another_fit(tmp_path):
    other = write_fit(tmp_path / "b", fit=FIT.replace("cutoff: 5 h", "cutoff: 6 h"))
    assert spec_of(tmp_path / "a") != read_fit(other / "fit.yaml")


def test_unusual_titles(tmp_path):
    spec = spec_of(tmp_path)
    for title in ("Γ: 1e3 # no comment", "'", "no", "1.50", "two\nlines", "null"):
        named = spec.model_copy(update={"title": title})
        (tmp_path / "fit.yaml").write_text(dump(named, tmp_path), encoding="utf-8")
        assert read_fit(tmp_path / "fit.yaml").title == title


def test_anchors_and_merges_are_yaml(tmp_path):
    text = FIT.replace("    cutoff: 10 Ry", "    <<: &more {cutoff: 10 Ry, bands: 9}")
    assert read_fit(write_fit(tmp_path, fit=text) / "fit.yaml").systems[1].bands == 9


@pytest.mark.parametrize(
    ("text", "hartree"),
    [("10 hartree", 10), ("20 Ry", 10), ("272.11386245988 eV", 10), ("1e3meV", 1 / HARTREE_EV)],
)
def test_energies(text, hartree):
    assert energy(text) == pytest.approx(hartree, rel=1e-14)


def test_lengths():
    assert length("11.4485278 bohr") == 11.4485278
    assert length("6.06 Å") == length("6.06 angstrom") == length("0.606 nm")


def test_every_field_has_a_description():
    schema = json_schema()

    def described(field: dict[str, Any]) -> bool:
        section = schema["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
        return bool(field.get("description") or section.get("description"))

    def walk(node: Any):
        if isinstance(node, dict):
            assert all(map(described, node.get("properties", {}).values())), node
            for value in node.values():
                walk(value)

    assert schema["additionalProperties"] is False
    walk(schema)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("GXWKL", "Γ X W K L"),
        ("LGX|UK_2G", "L Γ X|U K_2 Γ"),
        ("ΓX-W2", "Γ X W2"),
        ("GAMMA SIGMA_0 X", "Γ SIGMA_0 X"),
        ("Gamma-Xa", "Γ Xa"),
    ],
)
def test_letters_without_blanks_are_a_path(text, path):
    assert read_path_text(text).path == path


@pytest.mark.parametrize("text", ["LM", "L-BFGS", "adam"])
def test_methods_in_upper_case(text):
    assert FitSettings(method=text).method == text.lower().replace("-", "")


def test_reading_a_fit_imports_nothing_slow():
    code = (
        "import sys, nnpp.config.fit_yaml; "
        "print([m for m in ('jax', 'ase', 'numpy', 'h5py') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_fits_are_found(tmp_path):
    write_fit(tmp_path / "b")
    write_older(tmp_path / "a")
    (tmp_path / "empty").mkdir()
    assert [p.name for p in find_fits(tmp_path)] == ["NN_config.par", "fit.yaml"]
    assert find_fits(tmp_path / "b") == find_fits(tmp_path / "b" / "fit.yaml")
    assert read_inputs(tmp_path / "a").folder == tmp_path / "a"
    write_older(tmp_path / "b")
    assert "as there is a fit.yaml" in read_inputs(tmp_path / "b").notes[0]
