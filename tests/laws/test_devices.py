"""k-points over many devices give the numbers of one."""

import json
import os
import subprocess
import sys

import jax
import numpy as np

SCRIPT = """
import json, sys
import jax, jax.flatten_util, jax.numpy as jnp, numpy as np
from tests import systems
from nnpp.observables.bands import levels
k = np.random.default_rng(0).uniform(-0.5, 0.5, (7, 3))
system = systems.at(systems.zincblende(), k, cutoff=2.0)
potential = systems.everything()
E = levels(potential, system, 8)
g = jax.grad(lambda p: jnp.sum(levels(p, system, 8) ** 2))(potential)
flat = jax.flatten_util.ravel_pytree(g)[0]
print(json.dumps([len(jax.devices()), np.asarray(E).tolist(), np.asarray(flat).tolist()]))
"""


def on_devices(n: int):
    """Levels and gradient computed by a fresh process with `n` virtual devices."""
    flags = f"--xla_force_host_platform_device_count={n}"
    environment = {**os.environ, "XLA_FLAGS": flags, "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    devices, E, gradient = json.loads(run.stdout.splitlines()[-1])
    assert devices == n
    return np.array(E), np.array(gradient)


def test_four_devices_give_the_numbers_of_one():
    """Seven k-points, which four devices do not divide."""
    one, four = on_devices(1), on_devices(4)
    assert np.ptp(one[0]) > 0.1
    assert np.abs(one[0] - four[0]).max() < 1e-12
    assert np.abs(one[1]).max() > 1e-3
    assert np.abs(one[1] - four[1]).max() < 1e-12 * np.abs(one[1]).max()


def test_this_process_has_several():
    assert len(jax.devices()) >= 4
