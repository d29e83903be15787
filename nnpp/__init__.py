"""Neural pseudopotentials fitted through the plane-wave Hamiltonian.

Double precision is set here, before JAX can start in single precision: levels are accurate to
the micro-electronvolt. `import nnpp` loads neither JAX nor other slow packages. The names in
`nnpp.__all__` are declared in __init__.pyi, and loaded on first use.
"""

import importlib
import os
import re
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

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


def _prepare_environment() -> None:
    """Set threads of LAPACK and the cache of compiled programs, as the command line does.

    Only before NumPy and JAX are imported, which read these variables once.
    """
    environment = importlib.import_module("nnpp.devices.environment")
    if "numpy" not in sys.modules:
        environment.share_threads()
    if "jax" not in sys.modules:
        environment.use_compilation_cache()


_state_precision()
_avoid_wrong_numbers()
_prepare_environment()


def _names() -> dict[str, str]:
    """Return the module of each public name, as declared in __init__.pyi."""
    text = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    found = re.findall(r"^from (\S+) import (\w+) as \2$", text, re.MULTILINE)
    return {name: module for module, name in found}


_MODULES = _names()
__all__ = list(_MODULES)  # pyright: ignore[reportUnsupportedDunderAll] -- in __init__.pyi


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module 'nnpp' has no attribute {name!r}")
    found = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])
