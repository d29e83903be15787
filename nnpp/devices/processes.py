"""Several processes of one command: process 0 reads changing files, writes and decides.

All processes run the same program on the same numbers, each with a share of the k-points.
Every function here must be called by all processes in the same order. With one process they
do nothing but call what they are given.
"""

import pickle
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils

from nnpp.devices.parallel import device_mesh, one_device_per_core
from nnpp.devices.start import start_jax
from nnpp.errors import InputError, NnppError

T = TypeVar("T")

START_TIMEOUT, STOP_TIMEOUT = 120, 10
"""Seconds for which JAX waits until all processes have started, and until all have ended."""

MIN_BYTES = 4096
"""Smallest message [bytes]; others are powers of 2, because each size compiles a program."""


def join(coordinator: str, process: int, processes: int, gpu: int | None) -> None:
    """Connect this process with the others; it uses one GPU, or all it has if `gpu` is None."""
    one_device_per_core()
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.config.update("jax_enable_preemption_service", False)  # it would intercept SIGTERM
    jax.distributed.initialize(
        coordinator,
        processes,
        process,
        local_device_ids=gpu,
        cluster_detection_method="deactivate",
        initialization_timeout=START_TIMEOUT,
        shutdown_timeout_seconds=STOP_TIMEOUT,
    )
    start_jax()
    counts = sorted(set(Counter(d.process_index for d in jax.devices()).values()))
    if len(counts) > 1:
        raise InputError(
            f"some processes have {counts[0]} devices, some {counts[-1]}",
            "give all the same number (JAX_NUM_CPU_DEVICES on processors)",
        )


def _several() -> bool:
    """Whether this is one of several processes; JAX is not started to find out."""
    return jax.distributed.is_initialized() and jax.process_count() > 1


def on_process_zero(f: Callable[[], T]) -> T:
    """Call f on process 0 alone, on its own devices, and return its result on all processes.

    An NnppError or OSError raised by f is raised on all processes.
    """
    if not _several():
        return f()
    value, failed = None, None
    if jax.process_index() == 0:
        try:
            with jax.set_mesh(device_mesh(local=True)):
                value = f()
        except (NnppError, OSError) as error:
            failed = error
    message = None if failed is None else str(failed) or repr(failed)
    value, message = _broadcast(0, (value, message))
    if message is not None:
        raise failed or NnppError(message)
    return value  # pyright: ignore[reportReturnType] -- as f returned it


def on_all_processes(f: Callable[[], T]) -> T:
    """Call f on each process and return its own result; all raise an NnppError of any."""
    if not _several():
        return f()
    value, message = None, ""
    try:
        value = f()
    except NnppError as error:
        message = str(error)
    failed = np.flatnonzero(multihost_utils.process_allgather(np.asarray(bool(message))))
    if failed.size:
        raise NnppError(_broadcast(int(failed[0]), message))
    return value  # pyright: ignore[reportReturnType] -- no process failed


def synchronized(tree: T) -> T:
    """Return the numbers of process 0 on all processes: the last bits of others may differ."""
    if not _several():
        return tree
    leaves, structure = jax.tree.flatten(tree)
    are_keys = [jnp.issubdtype(x.dtype, jax.dtypes.prng_key) for x in leaves]
    mine = [x for x, is_key in zip(leaves, are_keys, strict=True) if not is_key]
    received = map(jnp.asarray, multihost_utils.broadcast_one_to_all(mine))
    both = zip(leaves, are_keys, strict=True)
    return jax.tree.unflatten(
        structure, [x if is_key else next(received) for x, is_key in both]
    )


def any_process(condition: bool) -> bool:
    """Return on all processes whether the condition holds on any of them."""
    if not _several():
        return condition
    return bool(multihost_utils.process_allgather(np.asarray(condition)).any())


def _broadcast(source: int, value: T) -> T:
    """Return the value of the process `source` on all processes."""
    sends, data = jax.process_index() == source, pickle.dumps(value)
    length = multihost_utils.broadcast_one_to_all(np.asarray(len(data)), sends)
    size = max(MIN_BYTES, 1 << (int(length) - 1).bit_length())
    block = np.zeros(size, np.uint8)
    if sends:
        block[: len(data)] = np.frombuffer(data, np.uint8)
    received = multihost_utils.broadcast_one_to_all(block, sends)
    return pickle.loads(np.asarray(received)[: int(length)].tobytes())
