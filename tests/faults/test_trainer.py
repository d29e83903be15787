"""A trainer killed, stopped, out of room or robbed ends in the potential of one let be."""

import random
import resource
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest

from tests.faults.lives import Place
from tests.fitting.samples import write_fit

KILLS, SIGNALS = 10, (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)

MOVES, STEPS = 20, 60
WALK_THEN_ADAM = (
    f"fit: {{method: adam, steps: {STEPS}, learning_rate: 0.003, hold_out: 0.25, "
    f"annealing: {{moves: {MOVES}, size: 0.02, beta: 20}}}}\n"
)
EVERY_STEP = list(range(MOVES + STEPS + 1))


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to be trained, and the potential that it leads to."""

    place: Place
    hash: str

    def again(self, name: str) -> Place:
        """The same run elsewhere."""
        place = Place(self.place.folder.parent / name, self.place.cache)
        shutil.copytree(self.place.folder, place.folder)
        return place

    def judge(self, place: Place) -> str:
        """Train to the end and compare; return the output."""
        message = place.whole("train")
        assert place.hash() == self.hash
        assert place.steps() == EVERY_STEP
        return message


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    root = tmp_path_factory.mktemp("trainer")
    place = Place(root / "untouched", root / "cache")
    write_fit(place.folder / "fit", WALK_THEN_ADAM)
    place.whole("init-fit", "fit")
    let_be = Prepared(place, "").again("let be")
    let_be.whole("train")
    assert let_be.steps() == EVERY_STEP
    return Prepared(place, let_be.hash())


def killed(prepared: Prepared) -> int:
    """Ten lives, some of them too short for a step; how many steps the others did."""
    place, rng, did = prepared.again("killed"), random.Random(1), 0
    for i in range(KILLS):
        before, life = len(place.steps()), place.begin("train")
        if i % 5 == 4:
            time.sleep(rng.uniform(0.1, 1.5))
        else:
            place.in_progress(life)
            time.sleep(rng.uniform(0.0, 0.06))
        life.strike(signal.SIGKILL)
        assert life.ended() == -signal.SIGKILL, life.output()
        assert len(place.checkpoints()) in (0, 1, 2, 3)
        did += max(0, len(place.steps()) - before)
    assert place.steps()[-1] < EVERY_STEP[-1]
    prepared.judge(place)
    return did


def asked(prepared: Prepared, times: int = 1) -> set[int]:
    """Lives asked to stop at random, in every way; how many steps each had done."""
    place, rng, did = prepared.again(f"asked {times}"), random.Random(2), set()
    for number in SIGNALS * times:
        life = place.begin("train")
        while "parameters" not in life.output():
            assert life.process.is_alive(), life.output()
            time.sleep(0.003)
        if steps := rng.randint(0, 2):
            place.in_progress(life, steps)
        life.strike(number)
        assert life.ended() == 75, life.output()
        last = place.steps()[-1:] or [0]
        stopped = f"note: fit: stopped and saved after step {last[0]}\n"
        assert life.output().endswith(stopped), life.output()
        assert f"{signal.Signals(number).name}: stopping after this step" in life.output()
        names = [path.name for path in place.checkpoints()]
        assert names == [f"step-{step:08d}.ckpt" for step in (last[0] - 1, last[0]) if step > 0]
        did.add(last[0])
    prepared.judge(place)
    return did


def out_of_room(prepared: Prepared) -> str:
    """No file may grow beyond the size of a checkpoint from some step on; return the output."""
    place = prepared.again("full")
    life = place.begin("train")
    place.in_progress(life, 3)  # two are saved
    life.strike(signal.SIGSTOP)
    room = place.checkpoints()[-1].stat().st_size - 100
    assert (place.run / "metrics.jsonl").stat().st_size < room - 300
    resource.prlimit(life.process.pid, resource.RLIMIT_FSIZE, (room, room))
    life.strike(signal.SIGCONT)
    code, message = life.ended(), life.output()
    assert code == 2, message
    kept = {path.name: path.read_bytes() for path in place.checkpoints()}
    assert len(kept) == 2
    assert all(len(raw) > 1000 for raw in kept.values())
    assert sorted(p.name for p in (place.run / "checkpoints").iterdir()) == sorted(kept)
    prepared.judge(place)
    return message


def robbed(prepared: Prepared) -> tuple[str, str]:
    """The newest checkpoint is damaged; its name, and the output of the next life."""
    place = prepared.again("robbed")
    life = place.begin("train")
    place.in_progress(life, MOVES + 5)
    life.strike(signal.SIGTERM)
    assert life.ended() == 75, life.output()
    newest = place.checkpoints()[-1]
    raw = bytearray(newest.read_bytes())
    raw[len(raw) // 2] ^= 1
    newest.write_bytes(raw)
    return newest.name, prepared.judge(place)


def crowded(prepared: Prepared) -> tuple[int, int, str]:
    """A second trainer in a run: the process of the first, the code and words of the second."""
    place = prepared.again("crowded")
    first = place.begin("train")
    place.in_progress(first)
    first.strike(signal.SIGSTOP)
    second = place.begin("train")
    code = second.ended()
    first.strike(signal.SIGKILL)
    assert first.ended() == -signal.SIGKILL
    assert first.process.pid is not None
    return first.process.pid, code, second.output()


STORIES = (asked, out_of_room, robbed, crowded)


@pytest.fixture(scope="module")
def stories(prepared):
    """All of them, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        yield {story: pool.submit(partial(story, prepared)) for story in STORIES}


@pytest.mark.slow
def test_ten_kills(prepared):
    assert killed(prepared) >= KILLS // 2


@pytest.mark.slow
def test_fifteen_signals(prepared):
    assert len(asked(prepared, 5)) >= 5


def test_every_signal(stories):
    assert len(stories[asked].result()) >= 2


def test_no_room(stories):
    message = [line for line in stories[out_of_room].result().splitlines() if "nnpp: " in line]
    (line,) = message
    assert "results/fit/checkpoints" in line
    assert "cannot be written: file too large; " in line


def test_a_damaged_checkpoint(stories):
    name, message = stories[robbed].result()
    assert f"note: {name} is damaged: its SHA-256 does not match; not used" in message


def test_a_second_trainer(stories):
    pid, code, message = stories[crowded].result()
    assert code == 2
    assert message.count("\n") == 1
    assert message.startswith(f"nnpp: results/fit: is in use by process {pid} on host ")
    assert message.rstrip().endswith("; wait, or stop it")


def test_no_number_in_the_reference(prepared):
    """Told by file and line before anything is prepared, and as changed once it is."""
    place = prepared.again("no number")
    file = place.folder / "fit/reference.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].rpartition(",")[0] + ",nan"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    changed = place.begin("train")
    assert changed.ended() == 2
    assert changed.output().startswith(
        "nnpp: results/fit/../../fit/reference.csv: has changed"
    ) or ("fit/reference.csv: has changed since fit was prepared; " in changed.output())
    wrong = place.begin("init-fit", "fit", "--fresh")
    assert wrong.ended() == 2
    assert wrong.output().count("\n") == 1
    assert "fit/reference.csv:3: " in wrong.output()
    assert "finite" in wrong.output()
