"""The command in a process of its own: imports, pipes, terminals, Ctrl-C, full disks."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.cli.samples import TINY, tree

PREPARED = """
import resource, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
if room := int(sys.argv.pop(1)):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
from nnpp.cli.app import main
main()
"""
"""The command where Ctrl-C is heard, and no file may be larger than `room` bytes, if any."""

SLOW = ("jax", "ase", "numpy", "scipy", "h5py", "matplotlib", "ray", "optuna")
NNPP = (sys.executable, "-m", "nnpp.cli.app")
CHANGED = ("XLA_FLAGS", "TF_CPP_MIN_LOG_LEVEL")
ALONE = {k: v for k, v in os.environ.items() if k not in CHANGED}
"""The environment without what the tests, and JAX as it was imported, have set."""

WATCH = """
import sys
from nnpp.cli.app import main
sys.argv = ["nnpp", *sys.argv[1:]]
try:
    main()
finally:
    print("IMPORTED", *(m for m in {slow} if m in sys.modules), file=sys.stderr)
"""


def imported(*words: str) -> tuple[int, set[str]]:
    """The exit code, and which slow libraries were imported."""
    code = WATCH.format(slow=SLOW)
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    return done.returncode, set(done.stderr.rpartition("IMPORTED")[2].split())


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        *([v, "-h"] for v in ("bands", "check", "doctor", "schema", "slurm", "tune")),
    ],
)
def test_help_imports_nothing_slow(words):
    assert imported(*words) == (0, set())


def test_completion_imports_nothing_slow(monkeypatch):
    monkeypatch.setenv("_NNPP_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "nnpp bands --pl")
    monkeypatch.setenv("COMP_CWORD", "2")
    done = subprocess.run(
        [sys.executable, "-c", WATCH.format(slow=SLOW)], capture_output=True, text=True
    )
    assert "--plot" in done.stdout
    assert done.stderr.split() == ["IMPORTED"]


@pytest.mark.parametrize("verb", ["bands", "check"])
def test_a_wrong_fit_is_reported_before_jax_and_ase_are_imported(tiny, verb):
    text = TINY.replace("cutoff: 3 hartree", "cutoff: 3")
    (tiny / "fit.yaml").write_text(text, encoding="utf-8")
    code, found = imported(verb, "tiny")
    assert code == 2
    assert not found & {"jax", "ase", "scipy", "h5py", "matplotlib"}


def test_one_line_even_in_a_process_of_its_own(tiny, tmp_path):
    (tiny / "fit.yaml").write_text(TINY.replace("L Γ X", "L Γ Q"), encoding="utf-8")
    before = tree(tmp_path)
    done = subprocess.run([*NNPP, "bands", "tiny"], capture_output=True, text=True, env=ALONE)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("nnpp: tiny/fit.yaml:9: ")
    assert tree(tmp_path) == before


def test_a_reader_that_leaves_hears_no_traceback():
    with subprocess.Popen([*NNPP, "schema"], stdout=PIPE, stderr=PIPE, env=ALONE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize("words", [["schema"], ["--version"]])
def test_a_full_disk_is_one_line(tiny, words):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*NNPP, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "the disk is full; free some space" in done.stderr


def prepared(room: int, *words: str) -> subprocess.Popen[str]:
    """The command in a process that is made ready first."""
    command = [sys.executable, "-c", PREPARED, str(room), *words]
    return subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True, env=ALONE)


def test_no_room_for_the_results_is_one_line_and_no_half_file(tiny, tmp_path):
    with prepared(6000, "bands", "tiny", "--out", "out") as process:
        out, err = process.communicate()
    assert (process.returncode, err.count("\n")) == (2, 1), err
    assert "bands.h5: cannot be written: file too large; choose a folder" in err
    assert "wrote" not in out
    (left,) = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert left.name == "bands.csv"
    assert left.read_text(encoding="utf-8").endswith("\n")


def test_ctrl_c_is_one_line_and_130(tiny, tmp_path):
    text = TINY.replace("3 hartree", "16 hartree")
    (tiny / "fit.yaml").write_text(text, encoding="utf-8")
    with prepared(0, "bands", "tiny", "--solver", "dense", "--out", "out") as process:
        assert process.stdout is not None
        assert "tiny" in process.stdout.readline()
        process.stdout.readline()
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err == "nnpp: interrupted; all files written so far are complete\n"
    assert not [p for p in (tmp_path / "out").rglob("*") if p.is_file()]


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_in_a_terminal_unless_not_wanted(tiny, no_color, coloured):
    code, shown = in_a_terminal([*NNPP, "check", "none"], {"NO_COLOR": no_color})
    remedy = "correct the name, or create it: nnpp import FILE --fit none"
    plain = f"nnpp: none: no such file or folder; {remedy}"
    assert code == 2
    assert shown == (f"\x1b[31m{plain}\x1b[0m\r\n" if coloured else f"{plain}\r\n")
    done = subprocess.run([*NNPP, "check", "none"], capture_output=True, text=True)
    assert done.stderr == plain + "\n"


def in_a_terminal(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """The exit code, and what the command shows to a terminal."""
    pty = pytest.importorskip("pty")
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        command, stdin=writer, stdout=writer, stderr=writer, env=ALONE | environment
    )
    os.close(writer)
    shown = b""
    try:
        while piece := os.read(reader, 4096):
            shown += piece
    except OSError:  # Linux tells so that the other side has closed
        pass
    os.close(reader)
    return process.wait(), shown.decode()
