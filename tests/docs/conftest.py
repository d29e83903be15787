"""A small copy of the project to run the commands of the documentation in."""

import gzip
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import nnpp  # noqa: F401 — the fixture
from tests.docs.blocks import ROOT

SAMPLES = ROOT / "tests" / "formats" / "codes" / "data"

EVERY = 6
"""Every sixth line of the reference is kept."""


def make_small(folder: Path) -> None:
    """Write inputs/self-check with a low cutoff, few k-points and two steps."""
    fit = folder / "inputs" / "self-check"
    shutil.copytree(ROOT / "inputs" / "self-check", fit)
    text = (fit / "fit.yaml").read_text(encoding="utf-8")
    for old, new in (("10 hartree", "3 hartree"), ("steps: 12", "steps: 2")):
        assert old in text
        text = text.replace(old, new)
    (fit / "fit.yaml").write_text(text, encoding="utf-8")
    head, *rows = (fit / "reference.csv").read_text(encoding="utf-8").splitlines()
    kept = [f"{i},{r.partition(',')[2]}" for i, r in enumerate(rows[4::EVERY], start=1)]
    (fit / "reference.csv").write_text("\n".join([head, *kept, ""]), encoding="utf-8")


def copy_sample(sample: str, folder: Path) -> None:
    """Copy a sample file, under its name or another; unpack .gz files."""
    name, _, other = sample.partition(" as ")
    source = SAMPLES / name
    target = folder / (other or source.name.removesuffix(".gz"))
    data = source.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.decompress(data) if source.suffix == ".gz" else data)


@pytest.fixture
def quick_compile():
    """Compile without optimizations: each program runs once here."""
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture
def fitted(nnpp, undrawn, quick_compile, tmp_path_factory, monkeypatch):  # noqa: F811
    """Return a folder in which `nnpp fit inputs/self-check` was run once for all pages."""
    folder = tmp_path_factory.getbasetemp() / "fitted"
    if not folder.exists():
        make_small(folder)
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            done = nnpp("fit", "inputs/self-check")
        assert done.code == 0, done.err
    return folder
