"""`nnpp doctor` reports which device computes wrong numbers and which versions are excluded."""

import tomllib
from pathlib import Path

import jax
import pytest

from nnpp.workflows import doctor


def test_every_device_agrees_with_numpy():
    assert not any(finding.remedy for finding in doctor._arithmetic())


@pytest.mark.parametrize(("i", "what"), [(0, "eigensolver"), (1, "matrix product")])
@pytest.mark.parametrize("error", [1e-9, float("nan")])
def test_a_device_with_wrong_numbers_is_named(monkeypatch, i, what, error):
    last = jax.local_devices()[-1]

    def errors(H, device):
        return tuple(error if device == last and i == j else 1e-15 for j in (0, 1))

    monkeypatch.setattr(doctor, "_errors", errors)
    (wrong,) = (finding for finding in doctor._arithmetic() if finding.remedy)
    assert wrong.what == what
    assert f"wrong on {last}:" in wrong.remedy


@pytest.mark.parametrize("number", ["0.10.0", "0.10.2", "0.11.0", "0.11.1"])
def test_an_excluded_version_of_jax_has_a_remedy(monkeypatch, number):
    assert "excluded" in doctor._package("jax", number).found
    assert "pip install" in doctor._package("jax", number).remedy


@pytest.mark.parametrize("number", ["0.9.2", "0.12.0", "1.0.0"])
def test_other_versions_of_jax_have_none(number):
    assert not doctor._package("jax", number).remedy
    assert not doctor._package("optax", "0.11.0").remedy


def test_excluded_versions_are_those_of_pyproject():
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    (jax_line,) = (line for line in project["dependencies"] if line.startswith("jax>="))
    assert all(f"!={start}*" in jax_line for start in doctor.EXCLUDED_JAX)
