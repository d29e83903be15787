"""How long does a step take, compared with the plain method and the floor of this machine?

zb-CdSe at 10 hartree, 61 k-points, 8 levels; CsPbI₃ with spin-orbit at 6 hartree, 21 k-points,
32 levels. The plain method (benchmarks/plain.py) is timed at one k-point and scaled. Medians of
five; a network 20-20-20 of bare q; one device for each core, the plain method with all cores.
"""

import json
import os
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.floor import bytes_moved, matrix_bytes, median, operations, rates
from benchmarks.plain import loss_and_gradient, pairs
from benchmarks.process import ran, verdict
from benchmarks.record import record
from benchmarks.sample import SAMPLES, Sample
from nnpp.eigensolvers.davidson import GUARD, columns, search
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.fitting.method import gradient
from nnpp.hamiltonian.bulk import Values, at_shells, hamiltonian, values

AIMS = {"zb-CdSe": 40.0, "CsPbI3": 100.0}
WITHIN, STEPS_OF_LM = 3.0, 3.0


def run() -> None:
    """Measure each system in separate processes."""
    results = {}
    for name, aim in AIMS.items():
        ours = _measured("ours", name, threads=1)
        plain = _measured("plain", name, threads=os.cpu_count() or 1)
        faster = plain["plain_s"] / ours["gradient_step_s"]
        met = "met" if faster >= aim else "MISSED"
        print(f"    faster than the plain method by {faster:.0f}, aim {aim:g}: {met}")
        sys.stdout.flush()
        results[name] = ours | plain | {"faster": round(faster, 1)}
    record("step", results)


def _measured(part: str, name: str, threads: int) -> dict[str, float]:
    """Run a part in a process, print its output, return the numbers of its last line."""
    devices = (
        "from nnpp.devices.parallel import one_device_per_core as start; start()"  # before JAX
    )
    call = f"print(json.dumps({part}({name!r})))"
    script = f"import json; {devices}; from benchmarks.step import {part}; {call}"
    each = str(threads)
    done = ran("-c", script, OPENBLAS_NUM_THREADS=each, OMP_NUM_THREADS=each)
    *lines, measured = done.output.splitlines()
    print("\n".join(lines) + f"; peak memory {done.peak_gb:.2f} GB")
    return json.loads(measured) | {f"{part}_peak_gb": round(done.peak_gb, 2)}


def plain(name: str) -> dict[str, float]:
    """Time one k-point of the plain method; scale to all."""
    sample = SAMPLES[name]()
    at_k = pairs(sample.crystal, sample.system, 0, sample.spinor)
    reference = jnp.linspace(-1.0, 0.0, sample.n)
    f = partial(loss_and_gradient, sample.potential, at_k, reference, sample.n)
    seconds = median(f) * len(sample.system.waves.K)
    print(f"    plain method {seconds:.1f} s")
    return {"plain_s": round(seconds, 2)}


def ours(name: str) -> dict[str, float]:
    """Time the gradient step and the step of Levenberg-Marquardt; compute the floor."""
    sample = SAMPLES[name]()
    objective, theta = sample.objective(), sample.start()
    step = median(lambda: gradient(objective, theta))
    method = LevenbergMarquardt()
    state = method.start(objective, theta)
    trial = median(lambda: method.advance(objective, state))
    k, N = sample.system.waves.K.shape[:2]
    print(f"  {name}: {k} k-points, {N} plane waves, {sample.n} levels")
    print(f"    gradient step {step:.2f} s")
    print(
        f"    one of Levenberg-Marquardt {trial / step:.2f} of it, "
        f"{verdict(trial / step, STEPS_OF_LM)}"
    )
    return {
        "gradient_step_s": round(step, 3),
        "lm_step_over_gradient_step": round(trial / step, 2),
        "gradient_step_over_floor": round(step / _floor(sample, step), 2),
    }


def _floor(sample: Sample, step: float) -> float:
    """Return the time of the step's operations and bytes at the rates of this machine [s]."""
    sweeps = _sweeps(sample)
    best = rates(matrix_bytes(sample.system))
    first = jax.tree.map(lambda x: x[0], sample.system.waves)
    H = hamiltonian(first, sample.system, _numbers(sample))
    counted = operations(H, sample.system, sample.n, sweeps)
    for what, flops in counted.items():
        print(f"      {what:15} {flops / 1e9:8.1f} GFLOP, {flops / best.flops:.3f} s")
    moved = bytes_moved(sample.system, sweeps)
    print(f"      {'matrices':15} {moved / 1e9:8.1f} GB,    {moved / best.bytes:.3f} s")
    applied = max(counted.pop("H on functions") / best.flops, moved / best.bytes)
    floor = applied + sum(counted.values()) / best.flops
    rate = f"{best.flops / 1e9:.0f} GFLOP/s, {best.bytes / 1e9:.0f} GB/s, {sweeps:.1f} sweeps"
    print(
        f"    floor {floor:.2f} s ({rate}); {step / floor:.2f} times that, "
        f"{verdict(step / floor, WITHIN)}"
    )
    return floor


def _sweeps(sample: Sample) -> float:
    """Return the mean number of sweeps of the solver over some k-points."""
    numbers = _numbers(sample)

    @jax.jit
    def count(waves):
        H = hamiltonian(waves, sample.system, numbers)
        start = H.start(sample.n, columns(H, sample.n + GUARD))
        assert start is not None, "the matrix is large"
        return search(start, columns(H, sample.n))[2]

    some = range(0, len(sample.system.waves.K), 5)
    return float(
        np.mean([count(jax.tree.map(lambda x, i=i: x[i], sample.system.waves)) for i in some])
    )


def _numbers(sample: Sample) -> Values:
    """Return the numbers of the potential, the same for all k."""
    return values(at_shells(sample.potential, sample.system), sample.system)
