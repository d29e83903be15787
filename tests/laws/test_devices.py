"""k-points over many devices give the numbers of one."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp import parallel
from nnpp.observables.bands import levels
from tests import systems

SCRIPT = """
import json
import jax, jax.flatten_util, jax.numpy as jnp, numpy as np
from tests import systems
from nnpp.observables.bands import levels, states
potential, found = systems.everything(), [len(jax.devices())]
for n in (1, 7):
    k = np.random.default_rng(0).uniform(-0.5, 0.5, (n, 3))
    system = systems.at(systems.zincblende(), k, cutoff=2.0)
    E, psi = states(potential, system, 8)
    found.append(np.asarray(levels(potential, system, 8)).tolist())
    found.append((np.asarray(E) + np.abs(np.asarray(psi)).sum(axis=1)).tolist())
g = jax.grad(lambda p: jnp.sum(levels(p, system, 8) ** 2))(potential)
found.append(np.asarray(jax.flatten_util.ravel_pytree(g)[0]).tolist())
print(json.dumps(found))
"""


def on_devices(n: int):
    """What a fresh process with `n` virtual devices finds."""
    flags = f"--xla_force_host_platform_device_count={n}"
    alone = {"XLA_FLAGS": flags, "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, **alone},
        capture_output=True,
        text=True,
        check=True,
    )
    devices, *numbers = json.loads(run.stdout.splitlines()[-1])
    assert devices == n
    return [np.array(x) for x in numbers]


def test_four_devices_give_the_numbers_of_one():
    """One and seven k-points, which four devices do not divide: levels, states, gradient."""
    with ThreadPoolExecutor() as both:
        one, four = both.map(on_devices, (1, 4))
    assert len(one) == len(four) == 5
    for x, y in zip(one, four, strict=True):
        assert np.ptp(x) > 1e-3
        assert np.abs(x - y).max() < 1e-12 * max(1.0, np.abs(x).max())


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="a GPU has its own devices")
def test_this_process_has_several():
    assert len(jax.devices()) >= 4


def test_batches_of_k_points_give_the_numbers_of_one_at_a_time(monkeypatch):
    """As on a GPU: three k-points together, and a device with fewer than that."""
    k = np.random.default_rng(1).uniform(-0.5, 0.5, (14, 3))
    system, potential = systems.at(systems.zincblende(), k, cutoff=1.5), systems.everything()
    one = levels(potential, system, 6)
    monkeypatch.setattr(parallel, "k_at_once", lambda: 3)
    jax.clear_caches()
    three = levels(potential, system, 6)
    assert float(jnp.ptp(one)) > 0.1
    assert float(jnp.abs(one - three).max()) < 1e-12
