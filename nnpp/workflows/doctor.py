"""`nnpp doctor`: check versions, devices, arithmetic, threads and memory."""

import os
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex

from nnpp import PRECISION
from nnpp.devices.machine import cores
from nnpp.devices.parallel import devices, memory_gb
from nnpp.devices.start import start_devices
from nnpp.workflows.fits.provenance import versions

EXACT = 1e-12
"""Errors of a 64×64 problem of norm one in double precision are far below this."""

EXCLUDED_JAX = {
    "0.10.": "its batched eigh corrupts memory, and 0.10.2 has wrong kernels",
    "0.11.": "it has wrong kernels on some devices, and 0.11.1 breaks flax",
}
"""Versions of JAX that give wrong numbers, as in pyproject.toml, and why."""


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        what: the name of the check.
        found: its result.
        remedy: what to do; empty if the check passed.
    """

    what: str
    found: str
    remedy: str = ""


def run_doctor() -> list[Finding]:
    """Check everything that numbers and their speed depend on; return the findings."""
    start_devices()
    packages = [_package(name, number) for name, number in versions().items()]
    return [*packages, *_machine(), _precision(), *_arithmetic()]


def _package(name: str, number: str) -> Finding:
    """Return the version of a package, with a remedy for an excluded version of JAX."""
    why = next((text for start, text in EXCLUDED_JAX.items() if number.startswith(start)), "")
    if name != "jax" or not why:
        return Finding(name, number)
    remedy = f"{why}; run pip install 'jax>=0.9.2,!=0.10.*,!=0.11.*'"
    return Finding(name, f"{number}, which is excluded", remedy)


def _machine() -> list[Finding]:
    """Return the devices, threads and memory."""
    threads, count = os.environ.get("OPENBLAS_NUM_THREADS", "not set"), len(devices())
    too_many = threads.isdigit() and int(threads) * count > cores()
    remedy = f"set OPENBLAS_NUM_THREADS to {max(1, cores() // count)}"
    return [
        Finding("devices", f"{count}: {devices()[0]}"),
        Finding("cores", str(cores())),
        Finding("threads a device", threads, remedy if too_many else ""),
        Finding("memory", memory_gb()),
    ]


def _precision() -> Finding:
    """Check that numbers are in double precision and matrix products are not rounded."""
    dtype, options = jnp.zeros(1).dtype, [getattr(jax.config, option) for option in PRECISION]
    good = dtype == jnp.float64 and options == list(PRECISION.values())
    return Finding(
        "precision",
        f"{dtype}, matrix products {options[-1]}",
        "" if good else "import nnpp before changing JAX's configuration",
    )


def _arithmetic() -> list[Finding]:
    """Compare an eigenproblem and a matrix product on every device with NumPy."""
    rng = np.random.default_rng(0)
    A = rng.normal(size=(64, 64)) + 1j * rng.normal(size=(64, 64))
    H = (A + A.conj().T) / np.linalg.norm(A + A.conj().T, 2)
    errors = {str(device): _errors(H, device) for device in jax.local_devices()}
    findings = []
    for i, what in enumerate(("eigensolver", "matrix product")):
        wrong = [name for name, error in errors.items() if not error[i] < EXACT]
        largest = max(error[i] for error in errors.values())
        found = f"error {largest:.1e} on {len(errors)} device{'s' * (len(errors) > 1)}"
        remedy = f"wrong on {', '.join(wrong)}: reinstall jax and jaxlib, or use another device"
        findings.append(Finding(what, found, remedy if wrong else ""))
    return findings


def _errors(H: Complex[np.ndarray, "n n"], device: Any) -> tuple[float, float]:
    """Return the largest errors of levels and states, and of H·H, compared with NumPy."""
    on_device = jax.device_put(H, device)
    E, U = map(np.asarray, jnp.linalg.eigh(on_device))
    product = np.asarray(on_device @ on_device)
    levels = np.abs(E - np.linalg.eigvalsh(H)).max()
    residual = np.abs(H @ U - U * E).max()
    return float(np.maximum(levels, residual)), float(np.abs(product - H @ H).max())
