"""The training loop trains any model: a network of one variable, killed and resumed."""

import signal
import subprocess
import sys

import numpy as np
import pytest

from nnpp.runs.folder import RunFolder
from tests.fitting.samples import same_bits
from tests.workflows.toy import ADAM, LM, toy, train

STEPS = ADAM + LM


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Return the folder and the last event of an uninterrupted fit."""
    folder = tmp_path_factory.mktemp("toy") / "once"
    return folder, train(folder)


def numbers(folder):
    """Return the lines of metrics.jsonl without times."""
    lines = RunFolder(folder).metrics()
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


def test_a_network_in_a_plain_dict_is_trained(uninterrupted):
    folder, ended = uninterrupted
    training, best = toy(), ended.progress.state.best
    lines = numbers(folder)
    assert [line["step"] for line in lines] == list(range(STEPS + 1))
    assert ["damping" in line for line in lines] == [False] * (1 + ADAM) + [True] * LM
    start = training.objective.measure(training.objective.parameters.start()).loss
    assert float(training.objective.measure(best).loss) < 1e-2 * float(start)
    model = training.objective.parameters.put(best)
    assert float(model["scale"]) == 0.5, "it is not trained"


@pytest.mark.parametrize("last", [ADAM - 1, ADAM + 2])
def test_a_killed_and_resumed_fit_ends_with_the_same_bits(uninterrupted, tmp_path, last):
    """SIGKILL after a step of the first or of the second method."""
    folder, ended = uninterrupted
    killed = tmp_path / "killed"
    command = [sys.executable, "-m", "tests.workflows.toy", str(killed), "0.5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == last:
                process.kill()
    assert process.returncode == -signal.SIGKILL
    assert last <= len(numbers(killed)) < STEPS
    resumed = train(killed)
    assert numbers(killed) == numbers(folder)
    assert same_bits(resumed.progress.state, ended.progress.state)
    assert np.isfinite(np.asarray(resumed.progress.state.best)).all()
