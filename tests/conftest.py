"""Four virtual devices, and every annotated shape checked as it is called.

On the processor, unless JAX_PLATFORMS says otherwise.
"""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=4"
)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from jaxtyping import install_import_hook

install_import_hook("nnpp", "beartype.beartype")


@pytest.fixture
def undrawn(monkeypatch):
    """No figure is drawn; its file holds a few letters."""
    from matplotlib.figure import Figure

    from tests.plotting.undrawn import leave_undrawn

    monkeypatch.setattr(Figure, "savefig", leave_undrawn)
