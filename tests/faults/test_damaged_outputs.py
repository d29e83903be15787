"""Damaged files that a run can do without: its potential, frames of a film."""

from pathlib import Path

import pytest

from nnpp.config.inputs import read_inputs
from nnpp.workflows.train.init_fit import run_init_fit
from nnpp.workflows.train.loop import Begun, Trained
from nnpp.workflows.train.outputs import Film
from nnpp.workflows.train.train import Options, run_train
from tests.faults.test_moved_run import ADAM, RUN, ZUNGER
from tests.fitting.samples import write_fit

POTENTIAL = RUN / "potential.safetensors"


@pytest.fixture
def trained(tmp_path, monkeypatch, undrawn):
    """A run after its last step."""
    monkeypatch.chdir(tmp_path)
    write_fit(tmp_path / "fit", ADAM, ZUNGER)
    list(run_init_fit([read_inputs(Path("fit"))], Path("results")))
    train()
    return tmp_path


def train(**options) -> list:
    return list(run_train([read_inputs(RUN)], Options(**options)))


def test_a_damaged_potential_is_written_again_from_the_checkpoint(trained):
    sound = POTENTIAL.read_bytes()
    for damaged in (b"", sound[: len(sound) // 2], sound[:-1] + bytes([sound[-1] ^ 1])):
        POTENTIAL.write_bytes(damaged)
        begun, *_, last = train()
        assert isinstance(begun, Begun)
        assert isinstance(last, Trained)
        assert begun.step == last.step == 8
        assert POTENTIAL.read_bytes() == sound


def test_a_film_is_made_without_damaged_frames(trained, monkeypatch):
    drawn = []
    monkeypatch.setattr(Film, "_film", lambda self, i, s, frames: drawn.append(frames) or ())
    train(fresh=True, movie="gif")
    frames = sorted((RUN / "frames").glob("*.npz"))
    assert [len(frames), len(drawn.pop())] == [8, 8]
    raw = frames[2].read_bytes()
    frames[2].write_bytes(raw[:100])
    frames[5].write_bytes(b"")
    last = train(movie="gif")[-1]
    assert [int(frame["step"]) for frame in drawn.pop()] == [1, 2, 4, 5, 7, 8]
    assert len(last.notes) == 2
    for note, frame in zip(last.notes, (frames[2], frames[5]), strict=True):
        assert note.startswith(f"frames/{frame.name} is no file of arrays, or damaged")
        assert note.endswith("; the film is without it")
    for frame in frames:
        frame.write_bytes(b"")
    assert len(train(movie="gif")[-1].notes) == 8
    assert not drawn
