"""Environment variables of JAX and LAPACK: set and checked before they are imported."""

import hashlib
import os
import platform
import re
import subprocess
import sys
import warnings
from pathlib import Path

from nnpp import MAX_DEVICES, SAFE_XLA_FLAG
from nnpp.devices.machine import cores
from nnpp.errors import InputError

COUNT, FLAGS = "JAX_NUM_CPU_DEVICES", "XLA_FLAGS"

CACHE_FOLDER, CACHE_MINIMUM = (
    "JAX_COMPILATION_CACHE_DIR",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS",
)
"""JAX's variables for the cache folder, and the least compile time worth caching [s]."""

XLA_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""Below level 3, XLA logs an error for every cached program: it compares its own compiler
preferences (prefer-no-gather) with the features of the processor."""

CACHE_WARNING = "Error (reading|writing) persistent compilation cache entry"
"""JAX warns of a program that it cannot store or read; it is then compiled again."""

READ_FLAGS = "from jaxlib import xla_client; xla_client.CompileOptions()"
"""XLA reads its flags once, and ends the process at a wrong one: a process of its own reads
them first (0.4 s, only if the variable is set)."""

XLA_ERROR = re.compile(r"^[EF][0-9]{4} .*?\] (.*)$", re.MULTILINE)
"""A line of XLA's log with an error."""


def share_threads() -> None:
    """Divide the LAPACK threads among at most eight devices, unless the user set them."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(-(-cores() // MAX_DEVICES)))
    os.environ.setdefault("OMP_NUM_THREADS", os.environ["OPENBLAS_NUM_THREADS"])


def use_compilation_cache() -> None:
    """Set JAX's compilation cache before JAX starts; the user's own settings take precedence.

    Nearly all programs compile in less than a second, and there are hundreds: all are cached.
    """
    if CACHE_FOLDER not in os.environ:
        folder = _cache_folder()
        if folder is None:
            return
        os.environ[CACHE_FOLDER] = str(folder)
    os.environ.setdefault(CACHE_MINIMUM, "0")
    os.environ.setdefault(XLA_LOG_LEVEL, "3")
    warnings.filterwarnings("ignore", message=CACHE_WARNING)


def _cache_folder() -> Path | None:
    """Return the cache folder for this kind of processor; None if it is not writable."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = Path(home) / "nnpp" / "programs" / _processor()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _processor() -> str:
    """Return a name for the instruction set of this processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else [platform.processor()]
    features = sorted(
        {line for line in lines if line.startswith(("flags", "Features", "model name"))}
    )
    return f"{platform.machine()}-{hashlib.sha256(''.join(features).encode()).hexdigest()[:8]}"


def refuse_wrong_variables() -> None:
    """Raise an InputError if JAX or XLA cannot read a variable of the environment."""
    count = os.environ.get(COUNT)
    if count is not None and not re.fullmatch("-1|[1-9][0-9]*", count):
        what, remedy = f"{count!r:.40} is no number of devices", "write e.g. 4, or unset it"
        raise InputError(what, remedy, COUNT)
    own = os.environ.get(FLAGS, "").replace(SAFE_XLA_FLAG, "").strip()
    if not own or "jaxlib" in sys.modules:
        return
    command = [sys.executable, "-c", READ_FLAGS]
    shown = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "0"}
    read = subprocess.run(command, capture_output=True, text=True, errors="replace", env=shown)
    if read.returncode:
        found = XLA_ERROR.search(read.stderr)
        reason = found[1].partition(". (")[0].rstrip(".") if found else "its flags are unknown"
        what = f"{own!r:.80} cannot be used: {reason:.160}"
        raise InputError(what, "correct or unset it", FLAGS)
