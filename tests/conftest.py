"""Four virtual devices, and every annotated shape checked as it is called.

On the processor, unless JAX_PLATFORMS says otherwise. What one process of the tests took long
to compile, the others find; tests wait for compiling more than for anything else, so XLA takes
less pains over it than it does for users (two thirds of the time, to the same rounding), in
one thread; and Python, which makes and drops millions of small things as it traces, looks for
dropped circles of them less often.
"""

import atexit
import gc
import os
import shutil
import tempfile

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = (
    "--xla_backend_optimization_level=0 --xla_cpu_parallel_codegen_split_count=1 "
    "--xla_force_host_platform_device_count=4 " + os.environ.get("XLA_FLAGS", "")
)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if "JAX_COMPILATION_CACHE_DIR" not in os.environ:  # the processes that pytest starts inherit it
    folder = tempfile.mkdtemp(prefix="nnpp-programs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.05"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import pytest
from jaxtyping import install_import_hook

install_import_hook("nnpp", "beartype.beartype")
gc.set_threshold(100_000, 50, 1000)

LONG = ("faults/test_trainer", "docs/", "laws/", "faults/", "workflows/test_tr",
        "eigensolvers/", "fitting/", "cli/")  # fmt: skip
"""Files that take long begin first, so that no process waits for one that began last.

Two of them start processes of their own, which would only wait for one another.
"""


def pytest_collection_modifyitems(items):
    """Long files first, each as it was."""
    order = {name: place for place, name in enumerate(LONG)}

    def place(item):
        file = item.nodeid.removeprefix("tests/")
        return next((order[name] for name in LONG if file.startswith(name)), len(LONG))

    items.sort(key=place)


@pytest.fixture
def undrawn(monkeypatch):
    """No figure is drawn; its file holds a few letters."""
    from matplotlib.figure import Figure

    from tests.plotting.undrawn import leave_undrawn

    monkeypatch.setattr(Figure, "savefig", leave_undrawn)
