"""Exit code 2 of `nnpp fit` means that nothing was written; --fresh keeps the old potential."""

from pathlib import Path

import pytest

from nnpp.setup.potential import start_of_run, untrained
from nnpp.workflows.fits.read import read_runs
from tests.cli.samples import tree
from tests.fitting.samples import write_fit


@pytest.fixture
def small(tmp_path, monkeypatch, undrawn):
    """Make one fit, named `small`, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return write_fit(tmp_path / "small")


def changed(file: str, old: str, new: str) -> None:
    """Replace a text that the file contains."""
    text = Path(file).read_text(encoding="utf-8")
    assert old in text
    Path(file).write_text(text.replace(old, new, 1), encoding="utf-8")


def huge_level(value: str) -> None:
    """Replace the first level of the reference."""
    head, row, *rest = Path("small/reference.csv").read_text().splitlines()
    cells = row.split(",")
    cells[6] = value
    Path("small/reference.csv").write_text("\n".join([head, ",".join(cells), *rest]) + "\n")


def fit_yaml(old: str, new: str):
    return lambda: changed("small/fit.yaml", old, new)


ZERO = 'weights: {windows: [{from: "-1e6 eV", to: "1e6 eV", weight: 0}]}\n    cutoff'

WRONG = [
    (fit_yaml("hold_out: 0.25", "hold_out: 0.99"), ":2:", "lower `hold_out`"),
    (fit_yaml("cutoff", ZERO), ":1:", "nothing to fit"),
    (lambda: huge_level("1e300"), ":8:", "reference.csv: a level is 1e+300 eV"),
    (lambda: huge_level("-2e6"), ":8:", "reference.csv: a level is 2e+06 eV"),
    (fit_yaml("name: zb", "name: run.yaml"), ":2:", "'run.yaml': files of a run have such"),
    (fit_yaml("name: zb", "name: lock"), ":2:", "'lock': files of a run have such names"),
    (fit_yaml("name: zb", "name: Potential.JSON"), ":2:", "files of a run have such names"),
    (fit_yaml("[-31.4518", "[8e12"), ":13:", "v(q) of Cd reaches"),
]


@pytest.mark.parametrize(("spoil", "line", "message"), WRONG)
def test_a_fit_that_cannot_be_trained_is_refused_with_its_line(
    refused, small, spoil, line, message
):
    spoil()
    refused("fit", "small", at=f"small/fit.yaml{line}", message=message)


def test_an_ensemble_that_is_not_possible_is_refused(refused, small):
    changed("small/fit.yaml", "kind: neural\n  network", "kind: zunger\n  # network")
    message = "network"
    refused("fit", "small", "--members", "2", "--by", "seeds", at="small", message=message)


def test_fresh_keeps_the_old_potential_until_a_new_one_is_trained(nnpp, small, monkeypatch):
    """It is not used for another fit, and a new start does not remove the old bands."""
    assert nnpp("fit", "small", "--steps", "1").code == 0
    run = Path("results/small")
    old = tree(run)
    assert nnpp("init-fit", "small", "--fresh").code == 0
    kept = ("potential.safetensors", "potential.json", "history.png", "zb/bands.h5")
    assert all(tree(run)[name] == old[name] for name in kept)
    assert not list(run.glob("checkpoints/*.ckpt"))
    changed("small/fit.yaml", "-31.4518", "-31")
    assert nnpp("init-fit", "small", "--fresh").code == 0
    assert all(tree(run)[name] == old[name] for name in kept)
    (fit,) = read_runs([run], Path("results"))
    assert start_of_run(fit) is None
    assert "the network is not trained" in untrained(fit)[0]
    refused = nnpp("card", run)
    assert (refused.code, refused.out) == (2, "")
    assert "its potential is that of an earlier fit" in refused.err
    assert nnpp("train", run, "--steps", "1").code == 0
    assert tree(run)["potential.safetensors"] != old["potential.safetensors"]
    assert nnpp("bands", run).code == 0
    assert nnpp("card", run).code == 0
