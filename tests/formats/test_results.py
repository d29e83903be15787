"""Bands written and read again; complete files or none; errors of reference files."""

import subprocess
import sys

import h5py
import jax.numpy as jnp
import numpy as np
import pytest
from ase.spectrum.band_structure import BandStructure

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.files.atomic import atomic_path, write_atomic
from nnpp.formats.bands_csv import read_bands_csv, write_bands_csv
from nnpp.formats.bands_h5 import read_bands_h5
from nnpp.formats.bands_json import read_bands_json
from nnpp.formats.results import write_bands, write_dos
from nnpp.formats.structures import read_crystals
from nnpp.observables.bands import Bands
from nnpp.observables.dos import Dos
from nnpp.setup.reference import read_reference
from nnpp.structures.crystal import Crystal, crystal
from nnpp.structures.kpoints import KPoints, listed
from nnpp.units import HARTREE_EV
from tests.config.samples import CSV, FIT, assert_error, files_of, levels, write_fit

FCC = 11.4485278 * np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


def cdse() -> Crystal:
    return crystal(FCC, np.array([[0.125] * 3, [-0.125] * 3]), ("Cd", "Se"))


def path() -> KPoints:
    """L Γ X_1|K Γ with one k between L and Γ."""
    k = [[0.5, 0.5, 0.5], [0.25] * 3, [0, 0, 0], [0.5, 0, 0.5], [0.375, 0.375, 0.75], [0, 0, 0]]
    labels = ("L", "", "Γ", "X_1", "K", "Γ")
    return listed(cdse(), np.array(k, float), labels=labels, jumps=(4,))


def bands() -> Bands:
    return Bands(path(), jnp.asarray(levels(6, 8)), 4, False)


def test_h5_contains_everything(tmp_path):
    provenance = {"version": "0.1.0", "hashes": {"fit.yaml": "Γ"}}
    write_bands(tmp_path, bands(), cdse().strained(0.01 * np.eye(3)), provenance)
    stored = read_bands_h5(tmp_path / "bands.h5")
    assert np.array_equal(stored.bands.E, bands().E)
    assert (stored.bands.occupied, stored.bands.spinor) == (4, False)
    assert stored.bands.kpoints.labels == path().labels
    assert np.array_equal(stored.bands.kpoints.weights, path().weights)
    assert stored.crystal.symbols == ("Cd", "Se")
    assert float(stored.crystal.dilation) == pytest.approx(1.01**3 - 1)
    assert stored.provenance == provenance


def test_every_dataset_has_a_unit_and_a_checksum(tmp_path):
    write_bands(tmp_path, bands(), cdse(), {})
    found = []
    with h5py.File(tmp_path / "bands.h5", "r") as file:
        file.visititems(
            lambda name, node: found.append(node) if hasattr(node, "shape") else None
        )
        assert len(found) == 7
        assert all(data.fletcher32 and data.attrs["units"] for data in found)


def test_csv_contains_the_levels(tmp_path):
    write_bands(tmp_path, bands(), cdse(), {})
    text = (tmp_path / "bands.csv").read_text(encoding="utf-8")
    assert text.startswith("k,k1,k2,k3,distance,label,E1,E2,")
    read = read_bands_csv(tmp_path / "bands.csv")
    assert np.abs(read.E - np.asarray(bands().E)).max() * HARTREE_EV <= 0.5e-9
    assert read.labels == path().labels
    assert np.allclose(read.kpoints(cdse()).distance, path().distance, atol=1e-9)


def test_ase_reads_what_is_written(tmp_path):
    write_bands(tmp_path, bands(), cdse(), {})
    structure = BandStructure.read(tmp_path / "bands.json")
    assert structure.path.path == "LGX1,KG"
    assert structure.get_labels()[2] == ["L", "G", "X1", "K", "G"]
    assert np.allclose(structure.energies[0], np.asarray(bands().E) * HARTREE_EV)
    assert structure.reference == pytest.approx(float(bands().E[:, 3].max()) * HARTREE_EV)
    assert np.allclose(structure.path.cell.lengths(), 11.4485278 * 0.529177210903 / 2**0.5)
    assert read_bands_json(tmp_path / "bands.json").labels == path().labels


@pytest.mark.parametrize("suffix", ["csv", "h5", "json"])
def test_results_serve_as_reference(tmp_path, suffix):
    folder = write_fit(
        tmp_path,
        fit=FIT.replace("reference.csv", f"bands.{suffix}").replace(
            "[10, 1]", "[1, 2, 3, 4, 5, 6]"
        ),
    )
    write_bands(folder, bands(), cdse(), {})
    spec = read_inputs(folder).spec
    reference = read_reference(spec, 0, read_crystals(spec)[0])
    assert np.allclose(reference.E, bands().E, atol=1e-10)
    assert reference.k_weights.tolist() == [1, 2, 3, 4, 5, 6]
    assert reference.kpoints.labels == path().labels
    assert not reference.doubled
    assert read_reference(spec, 1, cdse()) is None


def test_levels_out_of_order_are_kept_and_noted(tmp_path):
    folder = write_fit(tmp_path, reference=CSV.replace("-19.9,-9.0", "-9.0,-19.9"))
    spec = read_inputs(folder).spec
    reference = read_reference(spec, 0, cdse())
    assert reference.E[0, 1] < reference.E[0, 0]
    assert "not in ascending order" in reference.notes[0]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (CSV, "", None, "is not a table of bands"),
        ("k,k1,k2", "a,k1,k2", 1, "write the header"),
        (CSV.partition("\n")[2], "", None, "holds no k-point"),
        ("-19.9,", "", 2, "has 13 columns, not 14"),
        ("-19.9,", "nan,", 2, "not finite"),
        ("-19.9,", "x,", 2, "is not a number"),
        ("1,0.5,0.5", "1,30.5,0.5", None, "fractional coordinates"),
    ],
)
def test_wrong_tables(tmp_path, old, new, line, words):
    folder = write_fit(tmp_path, reference=CSV.replace(old, new, 1))
    before = files_of(folder)
    spec = read_inputs(folder).spec
    with pytest.raises(InputError) as caught:
        read_reference(spec, 0, cdse())
    assert_error(caught.value, "reference.csv", line, words)
    assert files_of(folder) == before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("bands.h5", b"no HDF5 at all", "is not an HDF5 file"),
        ("bands.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 200, "or is damaged"),
        ("bands.json", b'{"a": 1}', "not a band structure"),
        ("bands.json", b"{", "not a band structure"),
        ("bands.json", b"\x80\0", "binary"),
        ("bands.csv", b"\x89PNG\0", "binary"),
    ],
)
def test_wrong_binaries(tmp_path, name, content, words):
    folder = write_fit(tmp_path, fit=FIT.replace("reference.csv", name))
    (folder / name).write_bytes(content)
    spec = read_inputs(folder).spec
    with pytest.raises(InputError) as caught:
        read_reference(spec, 0, cdse())
    assert_error(caught.value, name, getattr(caught.value, "line", None), words)


def test_a_flipped_bit_is_noticed(tmp_path):
    write_bands(tmp_path, bands(), cdse(), {})
    file = tmp_path / "bands.h5"
    raw = bytearray(file.read_bytes())
    at = raw.find(np.asarray(bands().E).tobytes())
    raw[at + 100] ^= 1
    file.write_bytes(raw)
    with pytest.raises(InputError, match="damaged"):
        read_bands_h5(file)


def test_dos_is_per_electronvolt(tmp_path):
    dos = Dos(np.array([0.0, 1.0]), np.array([0.0, HARTREE_EV]), np.array([0.0, 8.0]))
    file = write_dos(tmp_path, dos)
    rows = np.loadtxt(file, delimiter=",", skiprows=1)
    assert np.allclose(rows[1], [HARTREE_EV, 1.0, 8.0])


def test_a_file_is_complete_or_absent(tmp_path):
    write_atomic(tmp_path / "a.txt", "one")
    with pytest.raises(ZeroDivisionError), atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "one"


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        write_atomic(tmp_path / "file" / "a.txt", "one")
    assert_error(caught.value, "a.txt", None, "cannot be written")


def test_a_full_disk(tmp_path):
    code = (
        "import resource, signal, sys; from pathlib import Path;"
        "from nnpp.files.atomic import write_atomic; from nnpp.errors import InputError;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "\ntry: write_atomic(Path(sys.argv[1]), 'x' * 5000)"
        "\nexcept InputError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.txt")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot be written: file too large" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("take", "kept"),
    [
        ("all", [0, 1, 2, 3, 4, 5]),
        ("named", [0, 2, 3, 4, 5]),
        (5, [0, 2, 3, 4, 5]),
        (1, range(6)),
    ],
)
def test_some_k_points_of_a_reference(tmp_path, take, kept):
    """Named k-points are always kept, with their levels, names and the jump."""
    found = read_bands_csv(write_bands_csv(tmp_path / "bands.csv", bands()))
    some, kept = found.thinned(take, cdse()), list(kept)
    assert np.array_equal(some.k, found.k[kept])
    assert np.array_equal(some.E, found.E[kept])
    kpoints = some.kpoints(cdse())
    assert kpoints.labels == tuple(path().labels[i] for i in kept)
    assert np.diff(np.asarray(kpoints.distance))[kept.index(4) - 1] == 0


def test_named_k_points_of_a_reference_without_names(tmp_path):
    text = CSV.replace(",L,", ",,").replace(",Γ,", ",,").replace("0.5,0.5,0.5", "0.4,0.3,0.1")
    (tmp_path / "bands.csv").write_text(text.replace("0.0,0.0,0.0", "0.1,0.0,0.0"))
    with pytest.raises(InputError, match="no names"):
        read_bands_csv(tmp_path / "bands.csv").thinned("named", cdse())
