"""`nnpp doctor`: versions, devices, precision, threads and memory, and what to mend."""

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import jax
import jax.numpy as jnp
import numpy as np

from nnpp import PRECISION
from nnpp.devices.machine import cores
from nnpp.devices.parallel import devices, memory_gb, one_device_per_core
from nnpp.workflows.fits.provenance import versions

GOOD_RESIDUAL = 1e-12
"""‖HU − UE‖ of a 64×64 eigenproblem of norm one, in double precision, is far below this."""


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was found, and what to do, if anything."""

    what: str
    found: str
    remedy: str = ""


def run_doctor() -> list[Finding]:
    """Everything that decides whether numbers are right and how fast they come."""
    one_device_per_core()
    packages = versions()
    named = [Finding(name, number) for name, number in packages.items()]
    return [*named, *_machine(), _precision(), _eigensolver(), *_optional()]


def _machine() -> list[Finding]:
    """Devices, threads and memory."""
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "not set")
    crowded = threads.isdigit() and int(threads) * len(devices()) > cores()
    return [
        Finding("devices", f"{len(devices())}: {devices()[0]}"),
        Finding("cores", str(cores())),
        Finding(
            "threads a device",
            threads,
            f"set OPENBLAS_NUM_THREADS to {max(1, cores() // len(devices()))}"
            if crowded
            else "",
        ),
        Finding("memory", memory_gb()),
    ]


def _precision() -> Finding:
    """Whether numbers are double and matrix products not rounded."""
    dtype, stated = jnp.zeros(1).dtype, [getattr(jax.config, option) for option in PRECISION]
    good = dtype == jnp.float64 and stated == list(PRECISION.values())
    return Finding(
        "precision",
        f"{dtype}, matrix products {stated[-1]}",
        "" if good else "import nnpp before changing JAX's configuration",
    )


def _eigensolver() -> Finding:
    """The residual of a small Hermitian eigenproblem on the first device."""
    rng = np.random.default_rng(0)
    A = rng.normal(size=(64, 64)) + 1j * rng.normal(size=(64, 64))
    H = jnp.asarray((A + A.conj().T) / np.linalg.norm(A + A.conj().T, 2))
    E, U = jnp.linalg.eigh(H)
    residual = float(jnp.abs(H @ U - U * E).max())
    remedy = "" if residual < GOOD_RESIDUAL else "reinstall jax and jaxlib: eigh is not exact"
    return Finding("eigensolver", f"residual {residual:.1e}", remedy)


def _optional() -> list[Finding]:
    """Extras that some options need."""
    try:
        return [Finding("plotly", version("plotly"))]
    except PackageNotFoundError:
        return [Finding("plotly", "not installed; pip install 'nnpp[html]' for --html")]
