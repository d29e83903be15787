"""Devices and processes: the only file that names them. k-points are the parallel axis.

Σ over devices of (its share of the k-points): nothing but results crosses between devices.

Several processes run the same program on the same numbers, each with a share of the k-points.
Process 0 alone looks at files that change, writes and decides; the others are told.
"""

import os
import pickle
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial, wraps
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from nnpp import MAX_DEVICES
from nnpp.devices.machine import cores, memory
from nnpp.errors import InputError, NnppError

T = TypeVar("T")
F = TypeVar("F", bound=Callable)

GPU_BATCH = 8
"""k-points that a GPU solves together, if they fit into half of its memory."""

STARTING, LEAVING = 120, 10
"""Seconds for which JAX waits until all processes have started, and until all have ended."""

BLOCK = 4096
"""Bytes of the smallest message; others are powers of 2, as each size is a program."""


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
    devices = min(MAX_DEVICES, cores() // max(1, int(threads)))
    # JAX refuses with a RuntimeError once it has started.
    with suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", max(1, devices))


def join(coordinator: str, process: int, processes: int, gpu: int | None) -> None:
    """Become one of several processes, with one GPU of its machine or all that it sees."""
    one_device_per_core()
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.config.update("jax_enable_preemption_service", False)  # it would take SIGTERM away
    jax.distributed.initialize(
        coordinator,
        processes,
        process,
        local_device_ids=gpu,
        cluster_detection_method="deactivate",
        initialization_timeout=STARTING,
        shutdown_timeout_seconds=LEAVING,
    )
    each = sorted(set(Counter(d.process_index for d in jax.devices()).values()))
    if len(each) > 1:
        raise InputError(
            f"some processes have {each[0]} devices, some {each[-1]}",
            "give all the same number (JAX_NUM_CPU_DEVICES on processors)",
        )


def _several() -> bool:
    """Whether this is one of several processes; JAX is not started to find out."""
    return jax.distributed.is_initialized() and jax.process_count() > 1


def by_first(f: Callable[[], T]) -> T:
    """f() as process 0 finds it, alone and on its own devices; the others wait.

    What the user can mend ends all processes alike.
    """
    if not _several():
        return f()
    value, failed = None, None
    if jax.process_index() == 0:
        try:
            with jax.set_mesh(_row(alone=True)):
                value = f()
        except (NnppError, OSError) as error:
            failed = error
    trouble = None if failed is None else str(failed) or repr(failed)
    value, trouble = _told(0, (value, trouble))
    if trouble is not None:
        raise failed or NnppError(trouble)
    return value  # pyright: ignore[reportReturnType] -- as f gave it


def by_all(f: Callable[[], T]) -> T:
    """f() as each process finds it; what the user can mend on any of them ends all alike."""
    if not _several():
        return f()
    value, trouble = None, ""
    try:
        value = f()
    except NnppError as error:
        trouble = str(error)
    failed = np.flatnonzero(multihost_utils.process_allgather(np.asarray(bool(trouble))))
    if failed.size:
        raise NnppError(_told(int(failed[0]), trouble))
    return value  # pyright: ignore[reportReturnType] -- where nothing failed


def agreed(tree: T) -> T:
    """The same with the numbers of process 0: in the last bits those of others may differ."""
    if not _several():
        return tree
    leaves, structure = jax.tree.flatten(tree)
    are_keys = [jnp.issubdtype(x.dtype, jax.dtypes.prng_key) for x in leaves]
    mine = [x for x, is_key in zip(leaves, are_keys, strict=True) if not is_key]
    told = map(jnp.asarray, multihost_utils.broadcast_one_to_all(mine))
    both = zip(leaves, are_keys, strict=True)
    return jax.tree.unflatten(structure, [x if is_key else next(told) for x, is_key in both])


def anywhere(asked: Callable[[], bool]) -> Callable[[], bool]:
    """Whether any process was asked; all have to call it, and hear the same."""
    if not _several():
        return asked
    return lambda: bool(multihost_utils.process_allgather(np.asarray(asked())).any())


def _told(by: int, value: T) -> T:
    """What one process has, on all."""
    speaks, data = jax.process_index() == by, pickle.dumps(value)
    length = multihost_utils.broadcast_one_to_all(np.asarray(len(data)), speaks)
    size = max(BLOCK, 1 << (int(length) - 1).bit_length())
    block = np.zeros(size, np.uint8)
    if speaks:
        block[: len(data)] = np.frombuffer(data, np.uint8)
    whole = multihost_utils.broadcast_one_to_all(block, speaks)
    return pickle.loads(np.asarray(whole)[: int(length)].tobytes())


@lru_cache
def _row(alone: bool) -> Mesh:
    """The devices of all processes, or of this one alone, in a row named "k"."""
    found = jax.local_devices() if alone else jax.devices()
    return Mesh(np.array(found), ("k",), axis_types=(AxisType.Auto,))


def _mesh() -> Any:
    """The row over which k-points are cut."""
    chosen = jax.sharding.get_abstract_mesh()
    return chosen if "k" in chosen.axis_names else _row(alone=False)


def on_processors() -> bool:
    """Whether devices are the cores of this machine."""
    return jax.default_backend() == "cpu"


def k_at_once(each: int) -> int:
    """k-points of `each` bytes that a device solves together; LAPACK wants one."""
    if on_processors():
        return 1
    fit = (device_memory() or float("inf")) / 2 / max(each, 1)
    return max(1, int(min(GPU_BATCH, fit)))


def k_in_memory(each: int) -> int:
    """k-points of `each` bytes that the same memory holds at a time."""
    return jax.local_device_count() if on_processors() else k_at_once(each)


def device_memory() -> int | None:
    """Memory of the first device, or of this machine where devices are its cores [bytes]."""
    return (jax.local_devices()[0].memory_stats() or {}).get("bytes_limit", memory())


def map_k(f: Callable[[Any, Any], Any], per_k: Any, shared: Any, each: int = 0) -> Any:
    """f(per_k[i], shared) for every k-point i, the k-axis cut over all devices.

    Each device walks through its share, `k_at_once` k-points of `each` bytes at a time, so that
    memory holds a few Hamiltonians a device. Where the devices do not divide the k-points, the
    last one is repeated to fill the shares up; what only fills up is not computed on a
    processor. Every device gets all results.
    """
    n, mesh = jax.tree.leaves(per_k)[0].shape[0], _mesh()
    surplus = -n % mesh.size
    k, whole = PartitionSpec("k"), PartitionSpec()
    # Else XLA cuts what it is given along k as well, and fails: 6 k-points on 4 devices.
    per_k = jax.lax.with_sharding_constraint(per_k, NamedSharding(mesh, whole))
    filled = jax.tree.map(lambda x: jnp.concatenate([x, *[x[-1:]] * surplus]), per_k)
    wanted = jnp.arange(n + surplus) < n
    share = partial(_share, f, k_at_once(each))
    mapped = jax.shard_map(share, mesh=mesh, in_specs=(k, whole), out_specs=k, check_vma=False)
    results = jax.tree.map(lambda x: x[:n], mapped((wanted, filled), shared))
    return jax.lax.with_sharding_constraint(results, NamedSharding(mesh, whole))


def _share(
    f: Callable[[Any, Any], Any], at_once: int, wanted_and_per_k: tuple, shared: Any
) -> Any:
    """The k-points of one device, nothing where a k-point only fills up."""

    def one(wanted_and_x: tuple) -> Any:
        wanted, x = wanted_and_x
        shape = jax.eval_shape(f, x, shared)
        nothing = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shape)
        return jax.lax.cond(wanted, lambda x: f(x, shared), lambda _: nothing, x)

    return jax.lax.map(one, wanted_and_per_k, batch_size=at_once if at_once > 1 else None)


def jit_blocking(f: F, **options: Any) -> F:
    """A function compiled by `jax.jit`, and waited for.

    On a processor, devices that gather from one another wait in threads which all programs
    share: with several programs under way those threads can all wait, and for ever.
    """
    compiled = jax.jit(f, **options)

    @wraps(f)
    def waited(*arguments: Any, **named: Any) -> Any:
        return jax.block_until_ready(compiled(*arguments, **named))

    return waited  # pyright: ignore[reportReturnType] -- called as f is


def on_all(x: T) -> T:
    """The same numbers, said to be on all devices, as whatever comes out of `map_k` is.

    A program that is given the one and then the other is compiled twice.
    """
    return jax.device_put(x, NamedSharding(_mesh(), PartitionSpec()))


def devices() -> list[str]:
    """Every device by kind and number, as a run records it."""
    return [f"{d.platform} {d.device_kind} {d.id}" for d in jax.devices()]


def memory_gb() -> str:
    """Memory of the first device, or of the machine, in GB."""
    where = "in the machine" if on_processors() else "on the device"
    bytes_ = device_memory()
    return "unknown" if bytes_ is None else f"{bytes_ / 1e9:.1f} GB {where}"
