"""Levels are never computed in single precision, nor by a process that would wait forever."""

import os
import signal
import subprocess
import sys
import time
import warnings

import jax
import jax.numpy as jnp
import pytest

from nnpp.basis.rules import PER_K
from nnpp.devices.start import start_devices, start_jax
from nnpp.errors import InputError, NnppError
from nnpp.formats.model import read_model, write_model
from nnpp.hamiltonian.bulk import at_shells, system
from nnpp.observables.bands import levels
from nnpp.structures.kpoints import listed
from tests import systems

LIMIT = 60
"""Seconds after which a process is taken to wait forever."""


def build() -> object:
    crystal = systems.zincblende()
    return system(crystal, listed(crystal, [[0.0, 0.0, 0.0]]), 1.0, PER_K)


@pytest.fixture(scope="module")
def built():
    return build()


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    stem = tmp_path_factory.mktemp("model") / "potential"
    write_model(stem, systems.everything(), {"systems": []})
    return stem.with_suffix(".safetensors")


@pytest.fixture
def entrances(built, stored):
    """All that levels begin with."""
    potential = systems.everything()
    return {
        "a system is built": build,
        "numbers of a system": lambda: at_shells(potential, built),
        "levels": lambda: levels(potential, built, 4),
        "a potential is loaded": lambda: read_model(stored),
    }


def test_single_precision_is_refused_at_every_entrance(entrances):
    for enter in entrances.values():
        with jax.enable_x64(False), pytest.raises(NnppError) as caught:
            enter()
        assert "jax_enable_x64 was changed to False after `import nnpp`" in str(caught.value)
        assert str(caught.value).endswith("; jax.config.update('jax_enable_x64', True)")
        enter()


def test_rounded_products_of_matrices_are_refused(entrances):
    for enter in entrances.values():
        with (
            jax.default_matmul_precision("tensorfloat32"),
            pytest.raises(NnppError, match="jax_default_matmul_precision was changed"),
        ):
            enter()


def test_a_child_forked_after_jax_has_started_is_refused(entrances):
    jnp.ones(3).block_until_ready()
    for enter in entrances.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # JAX warns of the fork
            child = os.fork()
        if child == 0:
            code = 1
            try:
                enter()
            except NnppError as error:
                code = 0 if "'spawn'" in str(error) else 2
            finally:
                os._exit(code)
        assert ended(child) == 0
        enter()


def ended(child: int) -> int | None:
    """The exit code of a child; None for one that waits forever."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def test_a_platform_without_devices_is_named(monkeypatch):
    def fail() -> None:
        raise RuntimeError("Unable to initialize backend 'abc': it is not known. (set …)")

    monkeypatch.setattr(jax, "devices", fail)
    monkeypatch.setenv("JAX_PLATFORMS", "abc")
    for start in (start_devices, start_jax, build):
        with pytest.raises(InputError) as caught:
            start()
        line = "JAX_PLATFORMS: 'abc' cannot be used: it is not known; correct or unset it"
        assert str(caught.value) == line
    monkeypatch.delenv("JAX_PLATFORMS")
    with pytest.raises(RuntimeError, match="Unable to initialize"):
        start_devices()


@pytest.mark.parametrize("used", ["jax.devices()", "None"])
def test_jax_used_before_the_import_is_a_warning(used):
    code = (
        "import importlib.metadata as m, jax, warnings\n"
        "m.version = lambda name: '0.9.2'\n"
        f"{used}\n"
        "with warnings.catch_warnings(record=True) as found:\n"
        "    warnings.simplefilter('always')\n"
        "    import nnpp\n"
        "print(*(w.message for w in found if 'import nnpp first' in str(w.message)))"
    )
    clean = {k: v for k, v in os.environ.items() if k != "XLA_FLAGS"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean
    )
    assert ("wrong numbers" in done.stdout) == (used != "None")
