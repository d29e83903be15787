"""Job scripts, run by bash with a `srun`, `scontrol` and `module` that note their calls."""

import os
import re
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nnpp.cluster.slurm_script import MACHINES, Job, script

SAVED = 75

JOB = Job(
    machine=MACHINES["perlmutter"],
    inputs=(Path("inputs"),),
    out=Path("results"),
    venv=Path("venv"),
    name="job",
    nodes=2,
    gpus=4,
    cpus=32,
    time="02:00:00",
    notice=300,
    restarts=3,
    saved=SAVED,
    choices={"account": "m1234", "qos": "regular", "constraint": "gpu&hbm80g"},
)

EACH = [
    JOB,
    replace(JOB, machine=MACHINES["generic"], cpus=8, choices={"partition": "gpu"}),
    replace(JOB, machine=MACHINES["cpu"], gpus=0, cpus=64, choices={}),
]

ODD = [
    "a b",
    "it's",
    '"q"',
    "new\nline",
    "x\n#SBATCH --qos=other",
    "-dash",
    "$HOME",
    "`id`",
    "Γ\\",
]

RECORD = """\
#!/bin/bash
printf '%s\\0' "$@" > "$RECORD/{name}"
printf '%s' "$OMP_NUM_THREADS $OPENBLAS_NUM_THREADS $ACTIVE" > "$RECORD/{name}.environment"
{then}
"""

ACTIVATE = "export ACTIVE=yes\n"

CALLS = {"srun": 'exit "$CODE"', "scontrol": 'exit "${REQUEUE:-0}"', "module": ""}


@pytest.fixture
def cluster(tmp_path):
    """Run a script in a folder of its own; how it ended, and the words of every call."""
    _command(tmp_path / "venv" / "bin" / "activate", ACTIVATE)
    for name, then in CALLS.items():
        _command(tmp_path / "bin" / name, RECORD.format(name=name, then=then))
    environment = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "SLURM_JOB_ID": "42"}
    environment |= {"RECORD": str(tmp_path), "SCRATCH": str(tmp_path)}

    def run(job: Job, code: int = 0, **more: str) -> tuple[subprocess.CompletedProcess, dict]:
        file = tmp_path / "job.slurm"
        file.write_bytes(os.fsencode(script(job)))
        done = subprocess.run(
            ["bash", file], cwd=tmp_path, env=environment | {"CODE": str(code)} | more,
            capture_output=True, text=True,
        )  # fmt: skip
        found = {c: (tmp_path / c).read_text() for c in CALLS if (tmp_path / c).exists()}
        return done, {c: text.split("\0")[:-1] for c, text in found.items()}

    run.folder, run.environment = tmp_path, environment
    return run


def _command(path: Path, text: str) -> None:
    """A file that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def directives(text: str) -> dict[str, str]:
    """What sbatch reads: its lines before the first command."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            break
        if match := re.fullmatch(r"#SBATCH --([a-z-]+)(?:=(\S+))?", line):
            found[match[1]] = match[2] or ""
        assert bool(match) == line.startswith("#SBATCH"), line
    return found


@pytest.mark.parametrize("job", EACH)
def test_bash_reads_every_script(job):
    odd = replace(job, inputs=tuple(map(Path, ODD)), out=Path(ODD[0]), venv=Path(ODD[3]))
    assert max(map(len, script(job).splitlines())) <= 80
    for text in (script(job), script(odd)):
        done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert directives(text) == directives(script(job))


def test_what_sbatch_is_asked_for():
    gpu, generic, cpu = (directives(script(job)) for job in EACH)
    assert gpu == {
        "job-name": "job", "account": "m1234", "qos": "regular", "constraint": "gpu&hbm80g",
        "time": "02:00:00", "nodes": "2", "ntasks-per-node": "4", "cpus-per-task": "32",
        "gpus-per-node": "4", "gpu-bind": "none", "signal": "TERM@300", "requeue": "",
        "open-mode": "append", "output": "%x-%j.out",
    }  # fmt: skip
    assert (generic["partition"], generic["ntasks-per-node"]) == ("gpu", "4")
    assert (cpu["ntasks-per-node"], cpu["cpus-per-task"]) == ("1", "64")
    assert not {key for key in cpu if "gpu" in key or key in ("qos", "account")}


@pytest.mark.parametrize(("job", "threads"), [*zip(EACH, (16, 8, 8), strict=True)])
def test_each_process_is_a_fit_that_knows_of_the_others(cluster, job, threads):
    done, calls = cluster(replace(job, inputs=tuple(map(Path, ODD)), out=Path("o u't")))
    assert (done.returncode, done.stderr) == (0, "")
    options, fit = calls["srun"][: calls["srun"].index("nnpp")], calls["srun"][-len(ODD) - 5 :]
    assert fit == ["nnpp", "fit", "--distributed", "--out=o u't", "--", *ODD]
    assert {f"--cpus-per-task={job.cpus}", "--kill-on-bad-exit=0", "--wait=0"} <= set(options)
    environment = (cluster.folder / "srun.environment").read_text()
    assert environment == f"{threads} {threads} yes"
    assert calls.get("module") == (["load", "python"] if job.machine.ready else None)


@pytest.mark.parametrize("venv", ODD)
def test_an_environment_of_any_name(cluster, venv):
    _command(cluster.folder / venv / "bin" / "activate", ACTIVATE)
    done, _ = cluster(replace(JOB, venv=Path(venv)))
    assert (done.returncode, done.stderr) == (0, "")
    assert (cluster.folder / "srun.environment").read_text().endswith("yes")


@pytest.mark.parametrize("job", EACH)
@pytest.mark.parametrize("code", [0, 1, 2, 130, 143])
def test_a_fit_that_ends_ends_the_job(cluster, job, code):
    done, calls = cluster(job, code)
    assert (done.returncode, done.stderr) == (code, "")
    assert "scontrol" not in calls


@pytest.mark.parametrize("restarts", ["", "0", "2"])
def test_a_fit_that_was_stopped_is_queued_again(cluster, restarts):
    done, calls = cluster(JOB, SAVED, SLURM_RESTART_COUNT=restarts)
    assert (done.returncode, done.stderr) == (0, "")
    assert calls["scontrol"] == ["requeue", "42"]
    assert "queued again" in done.stdout


@pytest.mark.parametrize(("most", "restarts"), [(3, "3"), (3, "4"), (0, "")])
def test_but_not_for_ever(cluster, most, restarts):
    done, calls = cluster(replace(JOB, restarts=most), SAVED, SLURM_RESTART_COUNT=restarts)
    assert done.returncode == SAVED
    assert f"stopped after {most} restarts, the limit of this script" in done.stderr
    assert "submit the script again" in done.stderr
    assert "scontrol" not in calls


def test_a_queue_that_refuses_fails_the_job(cluster):
    done, calls = cluster(JOB, SAVED, REQUEUE="3")
    assert done.returncode == SAVED
    assert "could not be queued again" in done.stderr
    assert calls["scontrol"] == ["requeue", "42"]


def test_nothing_runs_without_its_environment(cluster):
    done, calls = cluster(replace(JOB, venv=Path("none")))
    assert done.returncode == 1
    assert "none/bin/activate" in done.stderr
    assert "srun" not in calls


def test_nothing_runs_without_its_modules(cluster):
    _command(cluster.folder / "bin" / "module", "#!/bin/bash\nexit 1\n")
    done, calls = cluster(JOB)
    assert done.returncode == 1
    assert "srun" not in calls


def test_a_cancelled_job_stays_cancelled(cluster):
    """SIGTERM ends the shell at once, though the fit then ends as one that was stopped."""
    folder = cluster.folder
    _command(
        folder / "bin" / "srun", f"#!/bin/bash\ntouch {folder}/on\nsleep 0.4\nexit {SAVED}\n"
    )
    process = subprocess.Popen(
        ["bash", "-c", script(JOB)], cwd=folder, env=cluster.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not (folder / "on").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == -signal.SIGTERM
    time.sleep(0.5)
    assert not (folder / "scontrol").exists()
