"""`nnpp slurm`: the script it writes, what it prints, and invalid options."""

import shlex
from pathlib import Path

import pytest

from nnpp.cluster.signals import EXIT_STOPPED
from tests.cli.samples import tree, write_tiny
from tests.cli.test_processes import imported
from tests.cluster.test_slurm_script import directives

MACHINES = {
    "perlmutter": ["--account", "m1234"],
    "generic": ["--gpus", "2", "--partition", "gpu"],
    "cpu": ["--cpus", "64"],
}


@pytest.fixture
def slurm(nnpp, tiny):
    """What sbatch would read after `nnpp slurm` with these options, and the whole script."""

    def run(machine: str, *words: object) -> tuple[dict[str, str], str]:
        done = nnpp("slurm", "tiny", "--machine", machine, *MACHINES[machine], *words)
        assert (done.code, done.err) == (0, ""), done.err
        text = Path("nnpp.slurm").read_text(encoding="utf-8")
        return directives(text), text

    return run


@pytest.mark.parametrize("machine", MACHINES)
def test_a_script_for_every_machine(slurm, machine):
    asked, text = slurm(machine)
    assert asked["time"] == "01:00:00"
    assert "nnpp fit --distributed --out=results -- tiny" in text
    assert "source -- .venv/bin/activate" in text
    assert f'"$code" -ne {EXIT_STOPPED} ' in text
    assert '"$restarts" -ge 20 ' in text


def test_what_the_machine_has_if_nobody_says(slurm):
    asked, _ = slurm("perlmutter")
    assert [asked[k] for k in ("qos", "constraint", "gpus-per-node", "cpus-per-task")] == [
        *("regular", "gpu", "4", "32")
    ]
    assert slurm("generic", "--force")[0]["cpus-per-task"] == "8"


def test_options_are_what_sbatch_is_asked_for(slurm):
    words = ["--nodes", 3, "--gpus", 2, "--cpus", 64, "--qos", "preempt", "--name", "III-V"]
    words += ["--constraint", "gpu&hbm80g", "--time", "1-00:00:00", "--notice", "600"]
    asked, text = slurm("perlmutter", *words, "--restarts", 5, "--venv", "/a b")
    assert asked == {
        "job-name": "III-V", "account": "m1234", "qos": "preempt", "constraint": "gpu&hbm80g",
        "time": "1-00:00:00", "nodes": "3", "ntasks-per-node": "2", "cpus-per-task": "64",
        "gpus-per-node": "2", "gpu-bind": "none", "signal": "TERM@600", "requeue": "",
        "open-mode": "append", "output": "%x-%j.out",
    }  # fmt: skip
    assert '"$restarts" -ge 5 ' in text
    assert "'/a b/bin/activate'" in text


def test_no_chain_of_jobs_where_none_is_allowed(slurm):
    assert '"$restarts" -ge 0 ' in slurm("perlmutter", "--qos", "debug")[1]
    assert '"$restarts" -ge 2 ' in slurm(
        "perlmutter", "--qos", "debug", "--restarts", 2, "--force"
    )[1]  # fmt: skip


@pytest.mark.parametrize("name", ["nnpp.slurm", "a b/it's", "new\nline", "Γ"])
def test_it_says_what_it_wrote_and_how_to_submit_it(nnpp, tiny, name):
    done = nnpp("slurm", "tiny", "--machine", "cpu", "--output-script", name)
    assert (done.code, done.err) == (0, "")
    message, _, submit = done.out.partition("submit it with: ")
    assert message == f"wrote {name}\n"
    assert shlex.split(submit) == ["sbatch", name]
    assert Path(name).read_text(encoding="utf-8").startswith("#!/bin/bash\n")


def test_names_that_are_not_utf_8(nnpp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = b"\xff".decode(errors="surrogateescape")
    write_tiny(tmp_path / name)
    assert nnpp("slurm", name, "--machine", "cpu").code == 0
    assert b"-- '\xff'" in Path("nnpp.slurm").read_bytes()


def test_another_script_stays_unless_forced(nnpp, refused, tiny):
    words = ["slurm", "tiny", "--machine", "cpu"]
    Path("nnpp.slurm").write_text("mine")
    refused(*words, message="add --force", at="nnpp.slurm:")
    assert nnpp(*words, "--force").code == 0
    assert Path("nnpp.slurm").read_text().startswith("#!")
    assert not [name for name in tree(Path()) if name.startswith(".")]


P = ["--machine", "perlmutter", "--account", "m1234"]
G = ["--machine", "generic", "--gpus", "2"]

WRONG = [
    ([], "--machine", "name one of perlmutter, generic, cpu"),
    (["--machine", "perlmuter"], "--machine", "did you mean 'perlmutter'?"),
    (["--machine", "here"], "--machine", "known: perlmutter, generic, cpu"),
    (["--machine", "perlmutter"], "--account", "name your project"),
    (["--machine", "generic"], "--gpus", "give the number"),
    (["--machine", "cpu", "--gpus", "1"], "--gpus", "omit --gpus"),
    ([*P, "--nodes", "0"], "--nodes", "choose at least 1"),
    ([*P, "--gpus", "5"], "--gpus", "choose 1 to 4"),
    ([*P, "--gpus", "0"], "--gpus", "choose 1 to 4"),
    ([*P, "--cpus", "33"], "--cpus", "choose 1 to 32"),
    ([*P, "--cpus", "0"], "--cpus", "choose 1 to 32"),
    ([*G, "--cpus", "0"], "--cpus", "choose at least 1"),
    ([*P, "--qos", "regulr"], "--qos", "did you mean 'regular'?"),
    ([*P, "--constraint", "gpu&hbm90g"], "--constraint", "did you mean 'gpu&hbm"),
    ([*P, "--partition", "gpu"], "--partition", "use --qos"),
    ([*P, "--time", "120"], "--time", "write HH:MM:SS"),
    ([*P, "--time", "2h"], "--time", "write HH:MM:SS"),
    ([*P, "--time", "02:60:00"], "--time", "write HH:MM:SS"),
    ([*P, "--time", "٠٢:00:00"], "--time", "write HH:MM:SS"),
    ([*P, "--time", "00:05:00"], "--time", "more than --notice, 300 s"),
    ([*P, "--notice", "0"], "--notice", "choose 1 to 65535"),
    ([*P, "--restarts", "-1"], "--restarts", "choose at least 0"),
    ([*P, "--name", "a b"], "--name", "use only letters, digits"),
    ([*P, "--name", "a/b"], "--name", "use only letters, digits"),
    ([*P, "--name", "a%j"], "--name", "use only letters, digits"),
    ([*P, "--name", ""], "--name", "use only letters, digits"),
    ([*P, "--account", "m1 --qos=x"], "--account", "use only letters, digits"),
    ([*P, "--account", "m1\n#SBATCH"], "--account", "use only letters, digits"),
    ([*G, "--partition", "a'b"], "--partition", "use only letters, digits"),
    ([*G, "--qos", "a#b"], "--qos", "use only letters, digits"),
    ([*G, "--constraint", "a b"], "--constraint", "use only letters, digits"),
    ([*P, "--output-script", "tiny"], "tiny", "name a file"),
    ([*P, "--output-script", "tiny/fit.yaml/x"], "tiny/fit.yaml/x", "choose"),
]


@pytest.mark.parametrize(("words", "place", "message"), WRONG)
def test_options_that_are_invalid(refused, tiny, words, place, message):
    refused("slurm", "tiny", *words, message=message, at=f"{place}:")


def test_a_wrong_fit_is_reported_before_it_waits_in_a_queue(refused, tiny):
    refused("slurm", "none", *P, message="no such file or folder", at="none:")
    fit = tiny / "fit.yaml"
    fit.write_text(fit.read_text().replace("3 hartree", "3"))
    refused("slurm", "tiny", *P, message='write "3 hartree"', at="tiny/fit.yaml:7:")


def test_it_needs_nothing_slow(tiny):
    code, found = imported("slurm", "tiny", *P)
    assert code == 0
    assert not found & {"jax", "ase", "scipy", "h5py", "matplotlib"}


def test_help_fits_a_terminal(nnpp):
    shown = nnpp("slurm", "--help")
    assert (shown.code, shown.err) == (0, "")
    assert max(map(len, shown.out.splitlines())) <= 80
