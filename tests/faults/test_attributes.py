"""Damage to the attributes of an HDF5 file is noticed; files of earlier versions are read."""

import json
import random
from pathlib import Path

import h5py
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats.bands_h5 import StoredBands, read_bands_h5, write_bands_h5
from nnpp.formats.hdf5 import DIGEST
from nnpp.observables.bands import Bands
from nnpp.structures.alloys import zinc_blende
from nnpp.structures.kpoints import listed

ROOT = Path(__file__).parents[2]

PROVENANCE = {"program": "ABINIT", "cutoff_hartree": 5.0, "title": "Γ to X" * 20}

TIMES = 150


@pytest.fixture
def written(tmp_path):
    crystal = zinc_blende("Cd", "Se", 11.0)
    k = listed(crystal, np.array([[0.0] * 3, [0.5, 0, 0.5]]), labels=("Γ", "X"))
    E = jnp.asarray(np.random.default_rng(0).normal(size=(2, 6)))
    return write_bands_h5(tmp_path / "bands.h5", Bands(k, E, 2, False), crystal, PROVENANCE)


def content(stored: StoredBands) -> str:
    """All that is read, as text."""
    bands, crystal = stored.bands, stored.crystal
    numbers = [bands.E, bands.kpoints.fractional, bands.kpoints.distance, crystal.cell]
    words = [bands.kpoints.labels, crystal.symbols, stored.provenance, stored.sealed]
    flags = [bands.occupied, bands.spinor, float(crystal.rest_volume)]
    return json.dumps([[np.asarray(x).tolist() for x in numbers], words, flags])


def test_any_bit_of_an_attribute(written):
    """HDF5 itself has no checksum for texts: their bits are changed one by one."""
    raw, whole = written.read_bytes(), content(read_bands_h5(written))
    texts = [json.dumps(PROVENANCE, ensure_ascii=False), '["Γ", "X"]', '["Cd", "Se"]']
    texts += ["hartree", "bohr^-1", "nnpp bands 2"]
    places = []
    for text in texts:
        start = raw.index(text.encode())
        places += range(start, start + len(text.encode()))
    rng = random.Random(0)
    changed = rng.sample(places, 60) + rng.choices(range(len(raw)), k=TIMES)
    refused = 0
    for n, at in enumerate(changed):
        damaged = raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]
        written.write_bytes(damaged)
        try:
            assert content(read_bands_h5(written)) == whole
            assert n >= 60, "a changed attribute was not noticed"
        except InputError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > TIMES / 10


def test_a_changed_attribute_is_named_by_no_reader(written):
    for key, value in {"occupied": 3, "spinor": True, "provenance": "{}"}.items():
        raw = written.read_bytes()
        with h5py.File(written, "r+") as file:
            file.attrs[key] = value
        with pytest.raises(InputError, match="SHA-256 of its attributes is different"):
            read_bands_h5(written)
        written.write_bytes(raw)


def test_without_a_digest_a_file_is_of_an_earlier_version(written):
    assert read_bands_h5(written).sealed
    with h5py.File(written, "r+") as file:
        del file.attrs[DIGEST]
    with pytest.raises(InputError, match="format 'nnpp bands 2'"):
        read_bands_h5(written)
    with h5py.File(written, "r+") as file:
        file.attrs["format"] = "nnpp bands 1"
    assert not read_bands_h5(written).sealed


def test_references_of_earlier_versions():
    for path in sorted((ROOT / "inputs/reference").rglob("*.h5")):
        stored = read_bands_h5(path)
        assert stored.bands.E.size
        assert not stored.sealed


def test_the_volume_of_the_unstrained_cell_under_its_old_name(written):
    """Files name it `equilibrium_volume`; those of earlier versions named it otherwise."""
    with h5py.File(written, "r+") as file:
        at = file["crystal"].attrs
        assert at["equilibrium_volume"] == pytest.approx(11.0**3 / 4)
        assert "rest_volume" not in at
        at["rest_volume"] = 300.0
        del at["equilibrium_volume"], file.attrs[DIGEST]
        file.attrs["format"] = "nnpp bands 1"
    assert float(read_bands_h5(written).crystal.rest_volume) == 300.0
    with h5py.File(written, "r+") as file:
        del file["crystal"].attrs["rest_volume"]
    with pytest.raises(InputError, match="damaged"):
        read_bands_h5(written)
