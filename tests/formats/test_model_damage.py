"""Damaged, mixed, foreign and incomplete models are refused, or read without any change."""

import json
import os

import numpy as np
import pytest
from safetensors.numpy import load, save

from nnpp.errors import InputError
from nnpp.files.tensors import _canonical, _digest
from nnpp.formats.model import read_model, write_model
from tests import systems
from tests.formats.test_model import ABOUT, same


@pytest.fixture
def written(tmp_path):
    """A run with a model, and the two files of the model."""
    return tmp_path / "run", *write_model(
        tmp_path / "run/potential", systems.everything(), ABOUT
    )


def variants(image):
    """Damaged images: flipped bits, lost ends, foreign ends, zeroed and moved blocks."""
    rng = np.random.default_rng(5)
    for place in rng.choice(len(image), 150, replace=False):
        flipped = bytearray(image)
        flipped[place] ^= 1 << int(rng.integers(8))
        yield bytes(flipped)
    for length in [0, 1, 7, 8, 9, *rng.choice(len(image), 30)]:
        yield image[:length]
    yield from (image + tail for tail in (b"\0", b"\n", b"{}", image))
    for start in rng.choice(len(image) - 64, 30, replace=False):
        yield image[:start] + bytes(64) + image[start + 64 :]
        yield image[:start] + image[start + 64 :] + image[start : start + 64]


@pytest.mark.parametrize("which", [1, 2], ids=["safetensors", "json"])
def test_a_damaged_file_is_refused_or_read_unchanged(which, written):
    run, path = written[0], written[which]
    whole, refused = path.read_bytes(), 0
    if which == 1:
        written[2].unlink()  # alone it must notice as well
    for image in variants(whole):
        path.write_bytes(image)
        try:
            assert same(read_model(run).potential, systems.everything())
        except InputError as error:
            refused += 1
            assert path.name in str(error)
            assert error.remedy
    assert refused > 240
    path.write_bytes(whole)
    assert same(read_model(run).potential, systems.everything())


def test_every_byte_of_a_small_model_counts(tmp_path):
    """Each byte of the .safetensors alone, changed: none is read as another potential."""
    (path, copy), message = write_model(tmp_path / "potential", systems.cdse(), {}), 0
    copy.unlink()
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x11]) + whole[place + 1 :])
        try:
            assert same(read_model(path).potential, systems.cdse())
        except InputError:
            message += 1
    assert message == len(whole)


def test_two_models_mixed_are_refused(tmp_path):
    first = write_model(tmp_path / "a/potential", systems.cdse(), ABOUT)
    second = write_model(tmp_path / "b/potential", systems.everything(), ABOUT)
    first[1].write_bytes(second[1].read_bytes())
    for path in (tmp_path / "a", first[0], first[1]):
        with pytest.raises(InputError, match="does not belong to potential"):
            read_model(path)
    first[1].unlink()
    assert same(read_model(tmp_path / "a").potential, systems.cdse())
    first[0].unlink()
    first[1].write_bytes(second[1].read_bytes())
    with pytest.raises(InputError, match="safetensors is missing"):
        read_model(first[1])


def forged(path, change):
    """The file with another content whose hashes are right: only its meaning is wrong."""
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    said, arrays = json.loads(header["__metadata__"]["nnpp"]), load(data)
    said.pop("sha256")
    change(said, arrays)
    said["sha256"] = _digest(_canonical(said), arrays)
    path.with_suffix(".json").unlink(missing_ok=True)
    path.write_bytes(save(arrays, {"nnpp": _canonical(said)}))


FORGED = {
    "wrong shape": (lambda s, a: a.update({"strengths/charge": np.zeros(3)}), "is (3,), (2,)"),
    "array lost": (lambda s, a: a.pop("strengths/strain"), "strengths/strain is missing"),
    "array more": (lambda s, a: a.update(x=np.zeros(1)), "array x belongs to no part"),
    "not finite": (lambda s, a: a["strengths/charge"].fill(np.nan), "strengths/charge holds"),
    "other kind": (lambda s, a: s.update(kind="spline"), "kind spline"),
    "other form": (lambda s, a: s["form"].update(activation="gelu"), "gelu"),
    "wider": (lambda s, a: s["form"].update(hidden=[9, 8]), "is described"),
    "newer": (lambda s, a: s.update(version=2), "format version 2"),
    "foreign": (lambda s, a: s.update(format="mace"), "holds no potential of nnpp"),
    "species": (lambda s, a: s.update(species=["Cd"]), "is described"),
    "no about": (lambda s, a: s.pop("about"), "about"),
    "single": (lambda s, a: a.update(x=np.zeros(1, np.float32)), "is damaged"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_valid_file_without_a_potential_is_refused(name, written):
    change, words = FORGED[name]
    forged(written[1], change)
    with pytest.raises(InputError) as refusal:
        read_model(written[0])
    assert words in str(refusal.value)
    assert "potential.safetensors" in str(refusal.value)


@pytest.mark.parametrize(
    "content", [b"", b"not a model", b"\x80\x04K\x01.", b"\x89HDF\r\n", save({"a": np.ones(3)})]
)
def test_a_foreign_file_is_refused(content, tmp_path):
    (tmp_path / "potential.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="safetensors: is "):
        read_model(tmp_path)


def test_paths_without_a_model(tmp_path):
    (tmp_path / "network.pth").write_bytes(b"x")
    for name, words in {
        "nowhere": "no such file or folder",
        "network.pth": "is not a fitted potential",
        ".": "no such file",
    }.items():
        with pytest.raises(InputError, match=words):
            read_model(tmp_path / name)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(8))
def test_an_interrupted_write_leaves_the_old_or_the_new_model(step, written, monkeypatch):
    """The process is killed at the n-th change of a name."""
    run, old, new, count = written[0], systems.everything(), systems.cdse(), iter(range(99))

    def counted(change):
        def perform(*names, **options):
            if next(count) == step:
                raise Killed
            return change(*names, **options)

        return perform

    for name in ("unlink", "replace", "fsync"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    try:
        write_model(run / "potential", new, {})
        done = True
    except Killed:
        done = False
    monkeypatch.undo()
    found = read_model(run).potential
    assert same(found, new) or (not done and same(found, old))
