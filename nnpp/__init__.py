"""Neural pseudopotentials, fitted through the plane-wave Hamiltonian itself.

Double precision is stated here, once, before JAX can start in single: levels are promised to
the micro-electronvolt. `import nnpp` alone loads neither JAX nor anything else that is slow.
"""

import importlib
import os
import sys
from importlib.metadata import version

__version__ = "0.1.0"

PRECISION = {"jax_enable_x64": True, "jax_default_matmul_precision": "highest"}

MAX_DEVICES = 8
"""More devices than this on one processor would hold too many Hamiltonians at a time."""


def _state_precision() -> None:
    """Float64, and matrix products that a GPU does not round to TF32 in silence."""
    for option, value in PRECISION.items():
        if "jax" in sys.modules:
            sys.modules["jax"].config.update(option, value)
        else:
            os.environ[option.upper()] = str(value)


def _avoid_wrong_numbers() -> None:
    """On a processor with AVX-512, XLA's fused loops in JAX 0.9 can be wrong: do without them.

    Found where blocks of 7 and of 5 columns, the latter a sum, are set side by side: four
    numbers of each row come out as others. 0.12 is right, and no longer knows the option.
    """
    flags, option = os.environ.get("XLA_FLAGS", ""), "--xla_cpu_use_fusion_emitters"
    if version("jaxlib").startswith("0.9.") and option not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {option}=false".strip()


_state_precision()
_avoid_wrong_numbers()


def load(path):
    """A fitted potential, by its run or its potential.safetensors, ready to give bands."""
    # By name: the rooms of the house import this file, which so imports none of them.
    return importlib.import_module("nnpp.workflows.load").load(path)


def calculator(path, **options):
    """The same as a calculator of ASE; `kpts`, `cutoff` [hartree] and `n` may be given."""
    return importlib.import_module("nnpp.workflows.calculator").calculator(path, **options)
