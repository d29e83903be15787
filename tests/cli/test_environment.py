"""Closed outputs, wrong variables of the environment, wrong options: one line, exit code 2."""

import os
import subprocess
import sys

import pytest

from tests.cli.samples import tree

COMMAND = f"{sys.executable} -m nnpp.cli.app"
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_PLAT", "XLA_", "TF_"))}
"""The environment of a user."""


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell, after which the command is $NNPP."""
    environment = CLEAN | variables | {"NNPP": COMMAND}
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("words", ["schema", "bands tiny"])
def test_a_closed_output_is_one_line(tiny, tmp_path, words):
    before = tree(tmp_path)
    done = shell(f"$NNPP {words} >&-")
    what = "nnpp: standard output is closed; redirect it to a file or to /dev/null\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", what)
    assert tree(tmp_path) == before


def test_closed_errors_and_input_do_not_change_the_exit_code(tiny):
    assert shell("$NNPP schema <&- 2>&-").stdout == shell("$NNPP schema").stdout != ""
    assert shell("$NNPP check none 2>&-").returncode == 2
    assert shell("$NNPP schema >&- 2>&-").returncode == 2


WRONG = {
    "JAX_PLATFORMS=abc": "JAX_PLATFORMS: 'abc' cannot be used: Backend 'abc' is not",
    "XLA_FLAGS=--xla_no": "XLA_FLAGS: '--xla_no' cannot be used: Unknown flag",
    "XLA_FLAGS=--xla_cpu_use_thunk_runtime=x": "Couldn't interpret value x",
}


@pytest.mark.parametrize("variable", WRONG)
def test_a_wrong_variable_is_one_line(tiny, variable):
    name, _, value = variable.partition("=")
    done = shell("$NNPP check tiny", **{name: value})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert done.stderr.startswith("nnpp: ")
    assert WRONG[variable] in done.stderr
    assert "unset it" in done.stderr


@pytest.mark.parametrize("count", ["two", "0", "", "1.5", "-2"])
def test_a_wrong_number_of_devices_is_one_line(refused, tiny, monkeypatch, count):
    monkeypatch.setenv("JAX_NUM_CPU_DEVICES", count)
    refused(
        "check", "tiny", message="unset it", at=f"JAX_NUM_CPU_DEVICES: {count!r} is no number"
    )


def test_a_backend_of_matplotlib_does_not_matter():
    code = "from matplotlib import get_backend; print(get_backend())"
    script = f"from nnpp.cli import app; app.app = lambda **_: exec({code!r}); app.main()"
    environment = CLEAN | {"MPLBACKEND": "no such backend"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stdout.lower() == "agg\n", done.stderr


def test_allowed_variables_are_left_alone():
    allowed = {"XLA_FLAGS": "--xla_cpu_enable_fast_math=false", "JAX_NUM_CPU_DEVICES": "2"}
    assert shell("$NNPP schema", **allowed).returncode == 0


USAGE = {
    ("bands", "--plto"): "bands: no such option: --plto; possible options: --path, --plot",
    ("bands", "--zzz"): "bands: no such option: --zzz; see `nnpp bands --help`",
    ("bands", "--path"): "'--path' requires an argument; see `nnpp",
    ("fti",): "no such command 'fti'; did you mean 'fit'?",
    ("verify",): "verify: missing argument 'model'; see `nnpp verify --help`",
    ("verify", "a", "b"): "verify: got unexpected extra argument",
    ("train", "--steps", "-1"): "train: invalid value for '--steps': ",
    ("train", "--steps", "x"): "train: invalid value for '--steps': ",
}


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_a_wrong_option_is_one_line(refused, tiny, words):
    refused(*words, message=USAGE[words])


def test_without_a_verb_the_help_is_printed(nnpp):
    shown = nnpp()
    assert "Usage: nnpp [OPTIONS] COMMAND" in shown.out + shown.err
