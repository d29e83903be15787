"""A made-up fit whose state after any step is known, so that what is read can be judged."""

import numpy as np

from nnpp.runs.checkpoint_file import Checkpoint

IDENTITY = "5" * 64


def checkpoint(step: int, size: int = 400) -> Checkpoint:
    rng = np.random.default_rng(step)
    arrays = {
        "params/Cd": rng.normal(size=(size, 3)),
        "params/scale": np.array(rng.normal()),
        "adam/count": np.array(step),
        "adam/moment": rng.normal(size=size) + 1j * rng.normal(size=size),
        "rng": rng.integers(2**32, size=2, dtype=np.uint32),
        "accepted": rng.random(7) < 0.5,
        "nothing": np.zeros((0, 3)),
    }
    about = {"method": "adam", "loss_ev2": float(rng.normal()), "best": {"step": step}}
    return Checkpoint(step, arrays, about, IDENTITY)


def same(a: Checkpoint | None, b: Checkpoint) -> bool:
    """Whether two checkpoints agree to the last bit."""
    return a is not None and _bits(a) == _bits(b)


def _bits(c: Checkpoint) -> tuple[object, ...]:
    arrays = [(k, v.dtype.str, v.shape, v.tobytes()) for k, v in c.arrays.items()]
    return c.step, c.identity, dict(c.about), arrays
