"""Devices: the only file that names them. k-points are the parallel axis.

Σ over devices of (its share of the k-points): nothing but results crosses between devices.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from nnpp import MOST_DEVICES

GPU_BATCH = 8
"""k-points that a GPU solves together."""


def cores() -> int:
    """Processor cores that this process may use."""
    return (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )


def one_device_per_core() -> None:
    """Make each core a device, up to `MOST_DEVICES`: LAPACK takes one k-point a core.

    OPENBLAS_NUM_THREADS, which the command line sets, is what LAPACK takes for each; without
    that number all cores stay with one device. A count in JAX_NUM_CPU_DEVICES or
    XLA_FLAGS stands, and so does everything once JAX has started. Nothing changes on a GPU.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "")
    if "JAX_NUM_CPU_DEVICES" in os.environ or "device_count" in flags or not threads.isdigit():
        return
    devices = min(MOST_DEVICES, cores() // max(1, int(threads)))
    # JAX refuses with a RuntimeError once it has started.
    with suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", max(1, devices))


@lru_cache
def _mesh() -> Mesh:
    """All devices of all processes in a row named "k"."""
    return Mesh(np.array(jax.devices()), ("k",))


def k_at_once() -> int:
    """k-points that one device solves together: LAPACK wants one, a GPU a batch."""
    return 1 if jax.default_backend() == "cpu" else GPU_BATCH


def map_k(f: Callable[[Any, Any], Any], per_k: Any, shared: Any) -> Any:
    """f(per_k[i], shared) for every k-point i, the k-axis cut over all devices.

    Each device walks through its share, `k_at_once` k-points at a time, so that memory holds a
    few Hamiltonians a device. Where the devices do not divide the k-points, the last one is
    repeated to fill the shares up; what only fills up is not computed on a processor. Every
    device gets all results.
    """
    n = jax.tree.leaves(per_k)[0].shape[0]
    surplus = -n % _mesh().size
    k, whole = PartitionSpec("k"), PartitionSpec()
    # Else XLA cuts what it is given along k as well, and fails: 6 k-points on 4 devices.
    per_k = jax.lax.with_sharding_constraint(per_k, NamedSharding(_mesh(), whole))
    filled = jax.tree.map(lambda x: jnp.concatenate([x, *[x[-1:]] * surplus]), per_k)
    wanted = jnp.arange(n + surplus) < n
    share = partial(_share, f)
    mapped = jax.shard_map(
        share, mesh=_mesh(), in_specs=(k, whole), out_specs=k, check_vma=False
    )
    results = jax.tree.map(lambda x: x[:n], mapped((wanted, filled), shared))
    return jax.lax.with_sharding_constraint(results, NamedSharding(_mesh(), whole))


def _share(f: Callable[[Any, Any], Any], wanted_and_per_k: tuple, shared: Any) -> Any:
    """The k-points of one device, nothing where a k-point only fills up."""

    def one(wanted_and_x: tuple) -> Any:
        wanted, x = wanted_and_x
        shape = jax.eval_shape(f, x, shared)
        nothing = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shape)
        return jax.lax.cond(wanted, lambda x: f(x, shared), lambda _: nothing, x)

    at_once = k_at_once()
    return jax.lax.map(one, wanted_and_per_k, batch_size=at_once if at_once > 1 else None)


def devices() -> list[str]:
    """Every device by kind and number, as a run records it."""
    return [f"{d.platform} {d.device_kind} {d.id}" for d in jax.devices()]


def memory_gb() -> str:
    """Memory of the first device, or of the machine, in GB."""
    stats = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in stats:
        return f"{stats['bytes_limit'] / 1e9:.1f} GB on the device"
    if not hasattr(os, "sysconf"):
        return "unknown"
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{installed / 1e9:.1f} GB in the machine"
