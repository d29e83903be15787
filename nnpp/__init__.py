"""Neural pseudopotentials fitted through the plane-wave Hamiltonian.

Double precision is set here, before JAX can start in single precision: levels are accurate to
the micro-electronvolt. `import nnpp` loads neither JAX nor other slow packages.
"""

import importlib
import os
import sys
import warnings
from importlib.metadata import version

__version__ = "0.1.0"

PRECISION = {"jax_enable_x64": True, "jax_default_matmul_precision": "highest"}

SAFE_XLA_FLAG = "--xla_cpu_use_fusion_emitters=false"
"""Disables fused loops of XLA."""

MAX_DEVICES = 8
"""More devices than this on one processor would hold too many Hamiltonians at a time."""


def _state_precision() -> None:
    """Set float64, and matrix products that a GPU does not round to TF32."""
    for option, value in PRECISION.items():
        if "jax" in sys.modules:
            sys.modules["jax"].config.update(option, value)
        else:
            os.environ[option.upper()] = str(value)


def _avoid_wrong_numbers() -> None:
    """Disable fused loops of XLA in JAX 0.9: on processors with AVX-512 they can be wrong.

    Found where blocks of 7 and of 5 columns, the latter a sum, are set side by side: four
    numbers of each row are then wrong. JAX 0.12 is correct and does not have the option.
    """
    flags, option = os.environ.get("XLA_FLAGS", ""), SAFE_XLA_FLAG.partition("=")[0]
    if not version("jaxlib").startswith("0.9.") or option in flags:
        return
    os.environ["XLA_FLAGS"] = f"{flags} {SAFE_XLA_FLAG}".strip()
    started = sys.modules.get("jax._src.xla_bridge")
    if started is not None and started.backends_are_initialized():
        warnings.warn(
            "JAX was used before `import nnpp`: on processors with AVX-512 it may compute "
            "wrong numbers; import nnpp first",
            RuntimeWarning,
            stacklevel=3,
        )


_state_precision()
_avoid_wrong_numbers()


def load(path):
    """Return a fitted potential, ready to compute bands.

    Args:
        path: the folder of a run, or its potential.safetensors.
    """
    # By its name, because all packages import this file, and it imports none of them.
    return importlib.import_module("nnpp.workflows.load").load(path)


def calculator(path, **options):
    """Return a fitted potential as a calculator of ASE.

    Args:
        path: the folder of a run, or its potential.safetensors.
        options: `kpts`, `cutoff` [hartree] and `n`, the number of levels.
    """
    return importlib.import_module("nnpp.workflows.load").calculator(path, **options)
