"""JAX as levels need it: started, in double precision, in a process that was not forked."""

import os

import jax
from jax._src import xla_bridge  # no public function says whether JAX has started

from nnpp import PRECISION
from nnpp.devices.compilation import watched
from nnpp.devices.parallel import one_device_per_core
from nnpp.errors import InputError, NnppError

PLATFORMS = "JAX_PLATFORMS"

_forked: list[int] = []
"""This process and its ancestors that were forked after JAX had started."""


def _note_fork() -> None:
    """Note that JAX's threads do not exist in this process."""
    if xla_bridge.backends_are_initialized():
        _forked.append(os.getpid())


os.register_at_fork(after_in_child=_note_fork)


def require_jax() -> None:
    """Raise an NnppError if JAX would compute rounded levels, or wait forever.

    It is called where systems are built, their numbers computed, and potentials loaded.
    """
    if _forked:
        raise NnppError(
            "this process was forked after JAX had started, and would wait forever; start it "
            "with multiprocessing.get_context('spawn')"
        )
    for option, value in PRECISION.items():
        found = getattr(jax.config, option)
        if found != value:
            raise NnppError(
                f"{option} was changed to {found!r} after `import nnpp`, which rounds levels; "
                f"jax.config.update({option!r}, {value!r})"
            )
    start_jax()


def start_devices() -> None:
    """Make each core a device and start JAX; raise an InputError for a wrong JAX_PLATFORMS."""
    watched()
    one_device_per_core()
    start_jax()


def start_jax() -> None:
    """Start JAX; raise an InputError if the platforms of JAX_PLATFORMS have no device."""
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:  # the latter for a GPU without its plugin
        platforms = os.environ.get(PLATFORMS)
        if not platforms:
            raise
        reason = str(error).partition(" (")[0].rpartition("': ")[2].rstrip(".")
        what = f"{platforms!r:.40} cannot be used: {reason or 'no such device was found'}"
        raise InputError(what, "correct or unset it", PLATFORMS) from error
