"""Compiled programs are kept in the user's cache folder, so that a second run need not wait."""

import hashlib
import os
import platform
import warnings
from pathlib import Path

FOLDER, LEAST = "JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"
"""JAX's own names for the folder, and for the seconds from which a program is worth keeping."""

QUIET = "TF_CPP_MIN_LOG_LEVEL"
"""XLA's level of telling. At less than 3 it calls each program that it finds an error: it takes
preferences of its own for the compiler (prefer-no-gather) for what a processor must have."""

UNREADY = "Error (reading|writing) persistent compilation cache entry"
"""JAX warns of a program that it cannot keep, or finds cut off; it is only compiled again."""


def use_compilation_cache() -> None:
    """Tell JAX where, before it starts; what the user has told it stands.

    Nearly all programs take less than a second to compile, and there are hundreds.
    """
    if FOLDER not in os.environ:
        folder = _folder()
        if folder is None:
            return
        os.environ[FOLDER] = str(folder)
    os.environ.setdefault(LEAST, "0")
    os.environ.setdefault(QUIET, "3")
    warnings.filterwarnings("ignore", message=UNREADY)


def _folder() -> Path | None:
    """A folder for this kind of processor; None where there is no place."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = Path(home) / "nnpp" / "programs" / _processor()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _processor() -> str:
    """A name for what this processor can do."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else [platform.processor()]
    can = sorted(
        {line for line in lines if line.startswith(("flags", "Features", "model name"))}
    )
    return f"{platform.machine()}-{hashlib.sha256(''.join(can).encode()).hexdigest()[:8]}"
