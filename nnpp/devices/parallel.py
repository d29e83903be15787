"""Devices of JAX: k-points are the parallel axis, mapped over all devices of all processes.

Σ over devices of (its share of the k-points): only results are exchanged between devices.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial, wraps
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from nnpp import MAX_DEVICES
from nnpp.devices.machine import cores, memory

T = TypeVar("T")
F = TypeVar("F", bound=Callable)

GPU_BATCH = 8
"""Largest number of k-points that a GPU solves together; they use at most half its memory."""


def one_device_per_core() -> None:
    """Make each core a device, up to `MAX_DEVICES`: LAPACK solves one k-point per core.

    The command line sets OPENBLAS_NUM_THREADS, the number of threads LAPACK uses on each;
    without it all cores stay one device. A count in JAX_NUM_CPU_DEVICES or XLA_FLAGS is
    respected, and nothing changes once JAX has started, or on a GPU.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "")
    if "JAX_NUM_CPU_DEVICES" in os.environ or "device_count" in flags or not threads.isdigit():
        return
    devices = min(MAX_DEVICES, cores() // max(1, int(threads)))
    # JAX raises a RuntimeError once it has started.
    with suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", max(1, devices))


@lru_cache
def device_mesh(local: bool) -> Mesh:
    """Return the devices of all processes, or of this one, as a 1-D mesh with the axis "k"."""
    found = jax.local_devices() if local else jax.devices()
    return Mesh(np.array(found), ("k",), axis_types=(AxisType.Auto,))


def _mesh() -> Any:
    """Return the mesh of the k-points: the one set by jax.set_mesh, or all devices."""
    chosen = jax.sharding.get_abstract_mesh()
    return chosen if "k" in chosen.axis_names else device_mesh(local=False)


def on_processors() -> bool:
    """Return whether the devices are cores of this machine."""
    return jax.default_backend() == "cpu"


def k_at_once(each: int) -> int:
    """Return how many k-points of `each` bytes a device solves together; 1 for LAPACK."""
    if on_processors():
        return 1
    fit = (device_memory() or float("inf")) / 2 / max(each, 1)
    return max(1, int(min(GPU_BATCH, fit)))


def k_in_memory(each: int) -> int:
    """Return how many k-points of `each` bytes share the same memory at a time."""
    return jax.local_device_count() if on_processors() else k_at_once(each)


def device_memory() -> int | None:
    """Return the memory of the first device, or of the machine if they are cores [bytes]."""
    return (jax.local_devices()[0].memory_stats() or {}).get("bytes_limit", memory())


def map_k(
    f: Callable[[Any, Any], Any],
    per_k: Any,
    shared: Any,
    each: int = 0,
    wanted: Any = None,
) -> Any:
    """Compute f(per_k[i], shared) for every k-point i, the k-axis sharded over all devices.

    Each device processes every D-th k-point of D devices, `k_at_once` k-points of `each` bytes
    at a time, so that memory holds a few Hamiltonians per device. If the number of devices does
    not divide the number of k-points, the last one is repeated as padding. Padding is not
    computed, except with others at the same time. Every device gets all results.

    Args:
        f: the function.
        per_k: a pytree of arrays with the axis k in front.
        shared: what all k-points need.
        each: memory of one k-point [bytes].
        wanted: False for k-points of padding, whose results have no meaning; None for none.
    """
    n, mesh = jax.tree.leaves(per_k)[0].shape[0], _mesh()
    surplus = -n % mesh.size
    k, whole = PartitionSpec("k"), PartitionSpec()
    # Otherwise XLA also shards the input along k, and fails: 6 k-points on 4 devices.
    per_k = jax.lax.with_sharding_constraint(per_k, NamedSharding(mesh, whole))
    wanted = jnp.ones(n, bool) if wanted is None else wanted
    # Dealt out in turn, so that all devices have as much padding.
    dealt = np.arange(n + surplus).reshape(-1, mesh.size).T.reshape(-1)
    padded = jax.tree.map(lambda x: x[np.minimum(dealt, n - 1)], per_k)
    wanted = wanted[np.minimum(dealt, n - 1)] & (dealt < n)
    share = partial(_share, f, k_at_once(each))
    mapped = jax.shard_map(share, mesh=mesh, in_specs=(k, whole), out_specs=k, check_vma=False)
    back = np.argsort(dealt)[:n]
    results = jax.tree.map(lambda x: x[back], mapped((wanted, padded), shared))
    return jax.lax.with_sharding_constraint(results, NamedSharding(mesh, whole))


def _share(
    f: Callable[[Any, Any], Any], at_once: int, wanted_and_per_k: tuple, shared: Any
) -> Any:
    """Return the results of the k-points of one device, zeros for padding."""
    n = len(wanted_and_per_k[0])
    surplus = -n % at_once

    def batches(x: Any) -> Any:
        x = jnp.concatenate([x, jnp.zeros((surplus, *x.shape[1:]), x.dtype)]) if surplus else x
        return x.reshape(-1, at_once, *x.shape[1:])

    @partial(jax.jit, inline=True)  # it is traced once, here and in `cond`
    def together(xs: Any, shared: Any) -> Any:
        if at_once > 1:
            return jax.vmap(lambda x: f(x, shared))(xs)
        only = f(jax.tree.map(lambda x: x[0], xs), shared)
        return jax.tree.map(lambda x: x[None], only)

    def one(wanted_and_xs: tuple) -> Any:
        wanted, xs = wanted_and_xs
        shape = jax.eval_shape(together, xs, shared)
        zeros = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shape)
        return jax.lax.cond(jnp.any(wanted), together, lambda *_: zeros, xs, shared)

    found = jax.lax.map(one, jax.tree.map(batches, wanted_and_per_k))
    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[:n], found)


def jit_blocking(f: F, **options: Any) -> F:
    """Compile a function with `jax.jit`; each call waits for its result.

    On a processor, devices that gather from one another wait in threads which all programs
    share: several programs in flight can block all those threads, a deadlock.
    """
    compiled = jax.jit(f, **options)

    @wraps(f)
    def blocking(*arguments: Any, **named: Any) -> Any:
        return jax.block_until_ready(compiled(*arguments, **named))

    return blocking  # pyright: ignore[reportReturnType] -- called as f is


def replicated(x: T) -> T:
    """Place the numbers on all devices, as results of `map_k` are.

    Otherwise a program that is called with one and then with the other is compiled twice.
    """
    return jax.device_put(x, NamedSharding(_mesh(), PartitionSpec()))


def devices() -> list[str]:
    """Return kind and number of every device, as a run records them."""
    return [f"{d.platform} {d.device_kind} {d.id}" for d in jax.devices()]


def memory_gb() -> str:
    """Return the memory of the first device, or of the machine, as text in GB."""
    where = "in the machine" if on_processors() else "on the device"
    bytes_ = device_memory()
    return "unknown" if bytes_ is None else f"{bytes_ / 1e9:.1f} GB {where}"
