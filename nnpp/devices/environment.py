"""Environment variables that stop JAX: checked before it is imported, which takes a second."""

import os
import re
import subprocess
import sys

from nnpp import SAFE_XLA_FLAG
from nnpp.errors import InputError

COUNT, FLAGS = "JAX_NUM_CPU_DEVICES", "XLA_FLAGS"

READ_FLAGS = "from jaxlib import xla_client; xla_client.CompileOptions()"
"""XLA reads its flags once, and ends the process at a wrong one: a process of its own reads
them first (0.4 s, only if the variable is set)."""

XLA_ERROR = re.compile(r"^[EF][0-9]{4} .*?\] (.*)$", re.MULTILINE)
"""A line of XLA's log with an error."""


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
