"""A damaged checkpoint is refused by name, and the one before it is used, to the last bit."""

import io
import random
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from nnpp.runs.checkpoint_file import packed
from nnpp.runs.checkpoints import newest, save
from tests.faults.samples import IDENTITY, checkpoint, same

Damage = Callable[[random.Random, bytes], bytes]
TIMES = 80
LAST = "step-00000012.ckpt"


def truncated(rng: random.Random, raw: bytes) -> bytes:
    return raw[: rng.randrange(1, len(raw))]


def emptied(rng: random.Random, raw: bytes) -> bytes:
    return b""


def one_bit(rng: random.Random, raw: bytes, longest: int | None = None) -> bytes:
    at = rng.randrange(longest or len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]


def zeroed(rng: random.Random, raw: bytes) -> bytes:
    at = rng.randrange(len(raw))
    end = min(len(raw), at + rng.choice([1, 16, 512, 4096]))
    return raw[:at] + bytes(end - at) + raw[end:]


def halves_swapped(rng: random.Random, raw: bytes) -> bytes:
    at = rng.randrange(1, len(raw))
    return raw[at:] + raw[:at]


def lengthened(rng: random.Random, raw: bytes) -> bytes:
    return raw + rng.randbytes(rng.randrange(1, 100))


def spliced(rng: random.Random, raw: bytes) -> bytes:
    """The beginning of one checkpoint and the end of another of the same length."""
    at = rng.randrange(1, len(raw))
    return raw[:at] + packed(checkpoint(11))[at:]


def another_step(rng: random.Random, raw: bytes) -> bytes:
    return packed(checkpoint(rng.choice([*range(12), *range(13, 99)])))


def another_format(rng: random.Random, raw: bytes) -> bytes:
    image = io.BytesIO()
    np.savez(image, step=np.array(12))
    text = b'{"step": 12, "arrays": {}}\n'
    return rng.choice(
        [image.getvalue(), text, rng.randbytes(5000), b"\x89HDF\r\n\x1a\n", b"\n"]
    )


DAMAGES: tuple[Damage, ...] = (
    truncated,
    emptied,
    one_bit,
    partial(one_bit, longest=95),  # in the first line
    zeroed,
    halves_swapped,
    lengthened,
    spliced,
    another_step,
    another_format,
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_one_before_is_used(tmp_path, damage):
    rng = random.Random(2)
    path = save(tmp_path, checkpoint(11)).parent / LAST
    raw = packed(checkpoint(12))
    refused = 0
    for _ in range(TIMES):
        changed = damage(rng, raw)
        path.write_bytes(changed)
        found = newest(tmp_path, IDENTITY)
        whole = changed == raw
        assert same(found.checkpoint, checkpoint(12 if whole else 11))
        assert [note.split()[0] for note in found.notes] == ([] if whole else [LAST])
        refused += not whole
    assert refused > TIMES / 2


def test_two_that_changed_names(tmp_path):
    save(tmp_path, checkpoint(10))
    data = (packed(checkpoint(12)), packed(checkpoint(11)))
    for step, raw in zip((11, 12), data, strict=True):
        (tmp_path / f"step-{step:08d}.ckpt").write_bytes(raw)
    found = newest(tmp_path, IDENTITY)
    assert same(found.checkpoint, checkpoint(10))
    assert [note.split()[-5:-2] for note in found.notes] == [
        ["holds", "step", "11;"],
        ["holds", "step", "12;"],
    ]
