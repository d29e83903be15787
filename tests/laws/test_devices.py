"""k-points on many devices, and on those of two processes, give the same numbers as on one."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.devices import parallel
from nnpp.observables.bands import levels
from tests import systems
from tests.ports import free_port

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


def in_a_process(n: int, *words: str):
    """What Python finds in a fresh process with `n` virtual devices."""
    flags = f"--xla_force_host_platform_device_count={n}"
    alone = {"XLA_FLAGS": flags, "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(
        [sys.executable, *words],
        env={**os.environ, **alone},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout.splitlines()[-1])


def on_devices(n: int):
    """What the script finds."""
    devices, *numbers = in_a_process(n, "-c", SCRIPT)
    assert devices == n
    return [np.array(x) for x in numbers]


@pytest.mark.slow
def test_four_devices_give_the_numbers_of_one():
    """One and seven k-points, which four devices do not divide: levels, states, gradient."""
    with ThreadPoolExecutor() as both:
        one, four = both.map(on_devices, (1, 4))
    assert len(one) == len(four) == 5
    for x, y in zip(one, four, strict=True):
        assert np.ptp(x) > 1e-3
        assert np.abs(x - y).max() < 1e-12 * max(1.0, np.abs(x).max())


def shared(devices: int, *words: str) -> dict[str, np.ndarray]:
    """What a process finds alone, or as the one of several that the words say."""
    found = in_a_process(devices, "-m", "tests.laws.shares", *words)
    return {name: np.array(x) for name, x in found.items()}


def test_eight_devices_and_two_processes_give_the_numbers_of_one():
    """Levels, gradient, and a step of least squares; five k-points divide by neither."""
    place = f"127.0.0.1:{free_port()}"
    with ThreadPoolExecutor() as pool:
        two = [pool.submit(shared, 1, place, str(i), "2") for i in range(2)]
        of_two = [process.result() for process in two]
        one, eight = pool.map(shared, (1, 8))
    assert [(x.pop("devices"), x.pop("processes")) for x in (one, eight, *of_two)] == [
        (1, 1), (8, 1), (2, 2), (2, 2)
    ]  # fmt: skip
    for name, x in one.items():
        assert np.ptp(x) > 1e-3
        for others in (eight, *of_two):
            assert np.abs(others[name] - x).max() < 1e-12 * max(1.0, np.abs(x).max())


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="a GPU has its own devices")
def test_this_process_has_several():
    assert len(jax.devices()) >= 4


def test_batches_of_k_points_give_the_numbers_of_one_at_a_time(monkeypatch):
    """As on a GPU: three k-points together, and a device with fewer than that."""
    k = np.random.default_rng(1).uniform(-0.5, 0.5, (14, 3))
    system, potential = systems.at(systems.zincblende(), k, cutoff=1.5), systems.cdse()
    one = levels(potential, system, 6)
    monkeypatch.setattr(parallel, "k_at_once", lambda each: 3)
    three = levels(potential, system, 9)[:, :6]  # with 6, the program of before would answer
    assert float(jnp.ptp(one)) > 0.1
    assert float(jnp.abs(one - three).max()) < 1e-12
