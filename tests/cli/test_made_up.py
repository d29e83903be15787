"""A term and a form of v(q) that a user adds in one file appear in every command."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float
from matplotlib.figure import Figure

from nnpp.config import potential as sections
from nnpp.config.elements import Element, PotentialSection
from nnpp.config.fit_yaml import json_schema
from nnpp.config.values import Real
from nnpp.formats.model import read_model
from nnpp.potentials.interface import Form
from nnpp.pytree import pytree
from nnpp.terms.term import Term, register, unregister
from tests.fitting.samples import write_fit
from tests.plotting.undrawn import leave_undrawn

WIDE = Term(
    name="wide",
    symbols=("c1",),
    unit="hartree",
    words="wide s-wave",
    description="Strength c1 on s waves, with a wide weight [hartree].",
    formula="c1 with W = exp(−(r/2)²)",
    l=0,
    weights=(lambda r: np.exp(-((r / 2) ** 2)),),
)


@pytree
class Softened(Form):
    """c·exp(−(q/2)²) for each species."""

    kind: ClassVar = "softened"
    words: ClassVar = "softened form"
    units: ClassVar = {"c": "hartree·bohr³"}

    c: Float[Array, " species"]

    def __call__(self, q: Float[Array, " q"]) -> Float[Array, "q species"]:
        return jnp.exp(-((q[:, None] / 2) ** 2)) * self.c

    def describe(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_description(cls, form: Mapping[str, Any], species: int) -> "Softened":
        return cls(jnp.zeros(species))

    def rows(self) -> Iterator[tuple[str, str]]:
        yield "v(q)", "c e^(−q²/4)"


class SoftenedElement(Element):
    local: Real


class SoftenedPotential(PotentialSection):
    element: ClassVar = SoftenedElement

    kind: Literal["softened"]
    elements: dict[str, SoftenedElement]

    @classmethod
    def form_class(cls) -> type[Form]:
        return Softened

    def form(self) -> Form:
        return Softened(jnp.array([e.local for e in self.elements.values()]))


@pytest.fixture
def wide():
    register(WIDE)
    yield WIDE
    unregister("wide")


@pytest.fixture
def softened():
    sections.register("softened", SoftenedPotential)
    yield SoftenedPotential
    sections.unregister("softened")


FIT = "fit: {steps: 2, hold_out: 0.25}\n"

WITH_WIDE = """\
potential:
  kind: zunger
  elements:
    Cd: {local: [-31.4518, 1.3890, -0.0502, 1.6603], wide: 0.01}
    Se: {local: [8.4921, 4.3513, 1.3600, 0.3227], wide: -0.02}
  train: [local, wide]
"""

WITH_SOFTENED = """\
potential:
  kind: softened
  elements:
    Cd: {local: -30.0}
    Se: {local: -20.0}
"""


@pytest.fixture
def done(nnpp, tmp_path, monkeypatch):
    """A command that must succeed; what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Figure, "savefig", leave_undrawn)

    def run(*words: object) -> str:
        found = nnpp(*words)
        assert found.code == 0, found.err
        return found.out

    return run


@pytest.mark.usefixtures("wide")
def test_a_made_up_term_appears_everywhere(done):
    write_fit(Path("tiny"), FIT, WITH_WIDE)
    assert WIDE.description in str(json_schema())
    assert "wide" in done("check", "tiny")
    done("fit", "tiny", "--out", "out")
    c = np.asarray(read_model(Path("out/tiny")).potential.strengths["wide"])
    assert c.shape == (2,) and np.all(c != [0.01, -0.02]), "it is trained"
    card = done("card", "out/tiny") and Path("out/tiny/README.md").read_text("utf-8")
    assert f"wide s-wave | Cd {c[0]:.6g}; Se {c[1]:.6g} hartree" in card
    done("export", "out/tiny", "--force")
    assert float(Path("out/tiny/export/wide_Se.par").read_text("utf-8")) == c[1]
    readme = Path("out/tiny/export/README.md").read_text("utf-8")
    assert "no wide s-wave term" in readme and WIDE.formula in readme
    verified = done("verify", "out/tiny")
    assert "wide s-wave" in verified and f"{np.abs(c).max():.4g} hartree" in verified


def test_without_it_its_run_is_refused(done, nnpp):
    register(WIDE)
    write_fit(Path("tiny"), FIT, WITH_WIDE)
    done("init-fit", "tiny", "--out", "out")
    unregister("wide")
    refused = nnpp("check", "tiny")
    assert refused.code == 2 and "unknown key 'wide'" in refused.err
    refused = nnpp("verify", "out/tiny/start.safetensors")
    assert refused.code == 2 and "strengths/wide" in refused.err


@pytest.mark.usefixtures("softened")
def test_a_made_up_form_appears_everywhere(done):
    write_fit(Path("tiny"), FIT, WITH_SOFTENED)
    assert "softened: Cd, Se" in done("check", "tiny")
    done("fit", "tiny", "--out", "out")
    potential = read_model(Path("out/tiny")).potential
    c = np.asarray(potential.local(jnp.zeros(1)))[0]
    assert np.all(c != [-30.0, -20.0]), "it is trained"
    done("card", "out/tiny")
    assert "c e^(−q²/4)" in Path("out/tiny/README.md").read_text("utf-8")
    done("export", "out/tiny")
    assert (Path("out/tiny/export") / "potCd.par").exists()
    assert "v(q)" in done("verify", "out/tiny")
