"""Two processes of one fit end together, whichever is struck, and go on together."""

import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from nnpp.runs.lock import held
from nnpp.runs.metrics import read_metrics
from tests import systems
from tests.faults.lives import Life, Place
from tests.fitting.samples import write_fit
from tests.ports import free_port

STEPS = 40
ADAM = f"fit: {{method: adam, steps: {STEPS}, learning_rate: 0.003}}\n"
ZUNGER = """\
potential:
  kind: zunger
  elements:
    Cd: {local: [-30, 1.3890, -0.0502, 1.6603]}
    Se: {local: [8.4921, 4.3513, 1.3600, 0.3227]}
"""
GO_ON = "start all again, without --fresh: the fit continues after the last saved step"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    root = tmp_path_factory.mktemp("together")
    place = Place(root / "untouched", root / "cache")
    write_fit(place.folder / "fit", ADAM, ZUNGER, k=systems.GXL)
    place.whole("init-fit", "fit")
    return place


def again(prepared: Place, name: str) -> Place:
    """The same run elsewhere."""
    place = Place(prepared.folder.parent / name, prepared.cache)
    shutil.copytree(prepared.folder, place.folder)
    return place


def pair(place: Place) -> list[Life]:
    """Two processes, of one device each, that train together."""
    environment = {"NNPP_COORDINATOR": f"127.0.0.1:{free_port()}", "NNPP_PROCESSES": "2"}
    environment["JAX_NUM_CPU_DEVICES"] = "1"
    begin = partial(place.begin, "train", "--distributed", **environment)
    return [begin(NNPP_PROCESS=str(i)) for i in range(2)]


def ended(lives: list[Life]) -> list[int]:
    """The exit codes of all."""
    return [life.ended() for life in lives]


def killed(place: Place, victim: int) -> None:
    """One is killed amid a step; both say so, and what they saved is whole."""
    lives = pair(place)
    place.in_progress(lives[0], 2)
    lives[victim].strike(signal.SIGKILL)
    codes = ended(lives)
    other = 1 - victim
    assert codes[victim] == -signal.SIGKILL
    assert codes[other] < 0, lives[other].output()
    died, followed = (lives[i].output().splitlines() for i in (victim, other))
    assert f"nnpp: process {victim} of 2 ended before the fit did; " in died[-1]
    assert f"process {other} of 2 ends, as process {victim} has ended; {GO_ON}" in followed[-1]
    assert place.checkpoints()


def asked(place: Place, one: int) -> None:
    """One is asked to stop; both do, after the same step, which process 0 saves and tells."""
    lives = pair(place)
    place.in_progress(lives[0], 2)
    lives[one].strike(signal.SIGTERM)
    assert ended(lives) == [75, 75], [life.output() for life in lives]
    last = place.steps()[-1]
    assert last < STEPS
    assert lives[0].output().endswith(f"note: fit: stopped and saved after step {last}\n")
    assert place.checkpoints()[-1].name == f"step-{last:08d}.ckpt"


def whole(place: Place) -> None:
    """Both go on to the end; one alone speaks and writes."""
    lives = pair(place)
    assert ended(lives) == [0, 0], [life.output() for life in lives]
    assert "wrote " in lives[0].output()
    assert "wrote " not in lives[1].output()
    assert place.steps() == list(range(STEPS + 1))


def losses(place: Place) -> list[float]:
    """What was measured at every step; step 0 is the start."""
    lines = read_metrics(place.run / "metrics.jsonl")
    return [line["loss_ev2"] for line in lines if line["step"]]


def first_story(prepared: Place) -> list[float]:
    place = again(prepared, "first")
    killed(place, 1)
    asked(place, 1)
    return losses(place)


def second_story(prepared: Place, name: str = "second") -> list[float]:
    place = again(prepared, name)
    killed(place, 0)
    whole(place)
    return losses(place)


def test_two_go_on_after_a_kill(prepared):
    steps = second_story(prepared, "alone")
    assert len(steps) == len(set(steps)) == STEPS


@pytest.mark.slow
def test_steps_are_the_same_whoever_was_struck_and_when(prepared):
    with ThreadPoolExecutor() as pool:
        stories = [pool.submit(story, prepared) for story in (first_story, second_story)]
        first, second = (story.result() for story in stories)
    assert len(second) == STEPS
    assert len(set(second)) == STEPS
    assert first == second[: len(first)]
    assert len(first) > 3


def test_what_only_process_0_sees_ends_both(prepared):
    place = again(prepared, "held")
    with held(place.run):
        lives = pair(place)
        assert ended(lives) == [2, 2], [life.output() for life in lives]
    for life, who in zip(lives, ("", "process 1 of 2: "), strict=True):
        line = life.output().splitlines()[-1]
        assert line.startswith(f"nnpp: {who}results/fit: is in use by process ")
