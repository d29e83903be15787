"""Neural pseudopotentials, fitted through the plane-wave Hamiltonian itself.

Double precision is stated here, once, before JAX can start in single: levels are promised to
the micro-electronvolt. `import nnpp` alone loads neither JAX nor anything else that is slow.
"""

import importlib
import os
import sys

__version__ = "0.1.0"

PRECISION = {"jax_enable_x64": True, "jax_default_matmul_precision": "highest"}

MOST_DEVICES = 8
"""More devices than this on one processor would hold too many Hamiltonians at a time."""


def _state_precision() -> None:
    """Float64, and matrix products that a GPU does not round to TF32 in silence."""
    for option, value in PRECISION.items():
        if "jax" in sys.modules:
            sys.modules["jax"].config.update(option, value)
        else:
            os.environ[option.upper()] = str(value)


_state_precision()


def load(path):
    """A fitted potential, by its run or its potential.safetensors, ready to give bands."""
    # By name: the rooms of the house import this file, which so imports none of them.
    return importlib.import_module("nnpp.workflows.load").load(path)
