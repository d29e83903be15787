"""Devices: the only file that names them. k-points are the parallel axis.

Σ over devices of (its share of the k-points): nothing but results crosses between devices.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec


def cores() -> int:
    """Processor cores that this process may use."""
    return (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )


def one_device_per_core() -> None:
    """Make each core a device, before JAX starts: LAPACK takes one k-point a core.

    One thread each is then right for LAPACK (the command line sets OPENBLAS_NUM_THREADS=1
    unless the user chose); two threads on two devices each lose 40 % on two cores. A count in
    JAX_NUM_CPU_DEVICES or XLA_FLAGS stands. Nothing changes on a GPU.
    """
    chosen = "JAX_NUM_CPU_DEVICES" in os.environ or "device_count" in os.environ.get(
        "XLA_FLAGS", ""
    )
    if not chosen and "OPENBLAS_NUM_THREADS" in os.environ:
        jax.config.update(
            "jax_num_cpu_devices", max(1, cores() // int(os.environ["OPENBLAS_NUM_THREADS"]))
        )


@lru_cache
def _mesh() -> Mesh:
    """All devices of all processes in a row named "k"."""
    return Mesh(np.array(jax.devices()), ("k",))


def map_k(f: Callable[[Any, Any], Any], per_k: Any, shared: Any) -> Any:
    """f(per_k[i], shared) for every k-point i, the k-axis cut over all devices.

    Each device walks through its share one k-point after another, so that memory holds one
    Hamiltonian a device. Where the devices do not divide the k-points, the last one is repeated
    to fill the shares up; what only fills up is not computed. Every device gets all results.
    """
    n = jax.tree.leaves(per_k)[0].shape[0]
    surplus = -n % _mesh().size
    filled = jax.tree.map(lambda x: jnp.concatenate([x, *[x[-1:]] * surplus]), per_k)
    wanted = jnp.arange(n + surplus) < n
    k, whole = PartitionSpec("k"), PartitionSpec()

    def one(wanted_and_x: tuple, shared: Any) -> Any:
        shape = jax.eval_shape(f, wanted_and_x[1], shared)
        nothing = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shape)
        return jax.lax.cond(
            wanted_and_x[0], lambda x: f(x, shared), lambda _: nothing, wanted_and_x[1]
        )

    def share(local: tuple, shared: Any) -> Any:
        return jax.lax.map(lambda x: one(x, shared), local)

    mapped = jax.shard_map(
        share, mesh=_mesh(), in_specs=(k, whole), out_specs=k, check_vma=False
    )
    everywhere = NamedSharding(_mesh(), whole)
    results = jax.tree.map(lambda x: x[:n], mapped((wanted, filled), shared))
    return jax.lax.with_sharding_constraint(results, everywhere)


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
