"""Warnings on settings and files that are valid but probably wrong, and refused memory."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.config.targets import PLAUSIBLE
from nnpp.errors import InputError
from nnpp.setup.potential import start_of
from nnpp.setup.prepare import fit_warnings, prepare, system_warnings
from nnpp.units import HARTREE_EV
from nnpp.workflows.check import run_check
from tests.fitting.samples import FIT, FOUR_K, POTENTIAL, SYSTEM, write_fit
from tests.setup.test_objective import ZUNGER


def text_about(folder) -> str:
    """All notes and warnings of `nnpp check`, one on each line."""
    (report,) = run_check([read_inputs(folder)])
    systems = (note for system in report.systems for note in system.notes)
    return "\n".join((*report.notes, *systems))


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Zinc-blende CdSe with its reference."""
    folder = tmp_path_factory.mktemp("sound") / "fit"
    (found,) = prepare(read_inputs(write_fit(folder, FIT, ZUNGER)))
    return found


def with_levels(case, change):
    """The case with other reference levels."""
    E = change(np.asarray(case.reference.E))
    return replace(case, reference=replace(case.reference, E=jnp.asarray(E)))


def warnings_of(case) -> str:
    return "\n".join(system_warnings(case))


def test_a_sound_fit_has_no_warnings(case):
    assert warnings_of(case) == ""


def test_levels_in_hartree(case):
    """Read as eV they are 27 times too close; the true ones are not suspected."""
    assert "are the levels in hartree?" in warnings_of(
        with_levels(case, lambda E: E / HARTREE_EV)
    )
    assert "hartree" not in warnings_of(with_levels(case, lambda E: E * 0.5))
    assert "are they in eV?" in warnings_of(with_levels(case, lambda E: E * HARTREE_EV))


def test_a_metal(case):
    """The fifth band is below the top of the fourth."""

    def closed(E):
        moved = E.copy()
        moved[0, 4] = np.sort(E, axis=1)[:, 3].max() - 0.01
        return moved

    assert "the reference has no gap" in warnings_of(with_levels(case, closed))


def test_one_k_point(tmp_path):
    for count in (1, 2):
        folder = write_fit(tmp_path / str(count), FIT, ZUNGER, k=FOUR_K[:count])
        assert ("the reference has one k-point" in text_about(folder)) == (count == 1)


def test_more_bands_than_the_reference(tmp_path):
    system = SYSTEM + "    bands: 10\n"
    text = text_about(write_fit(tmp_path / "fit", FIT, ZUNGER, system))
    assert "the reference has 8 bands, 10 are requested: the others are not fitted" in text


def test_cartesian_coordinates(tmp_path):
    """The atoms of zinc blende in Å, where fractions are read; 1 itself is on the cell."""
    for atoms, suspicious in (("1.514, 1.514, 1.514", True), ("1.0, 0.0, 0.0", False)):
        system = SYSTEM.replace("0.125, 0.125, 0.125", atoms)
        assert system != SYSTEM
        text = text_about(write_fit(tmp_path / str(suspicious), FIT, ZUNGER, system))
        assert ("are Cartesian ones meant?" in text) == suspicious


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ("[-31.4518, 1.3890, -0.0502, -1.6603]", "a3 = -1.6603: the Zunger form grows"),
        ("[-31.4518, 1.3890, -0.0502, 0]", "a3 = 0: the Zunger form grows"),
        ("[-31.4518, 1.3890, 0, 1.6603]", "a2 = 0: the Zunger form grows"),
        ("[0, 1.3890, 0, -1.0]", ""),
        ("[-31.4518, 1.3890, -0.0502, 1.6603]", ""),
    ],
)
def test_a_zunger_form_that_grows(case, tmp_path, numbers, words):
    for i, potential in enumerate((ZUNGER, POTENTIAL)):
        text = potential.replace("[-31.4518, 1.3890, -0.0502, 1.6603]", numbers)
        text = text.replace("[-30, 1.3890, -0.0502, 1.6603]", numbers)
        assert numbers in text
        folder = write_fit(tmp_path / str(i), FIT, text)
        found = "\n".join(fit_warnings(read_inputs(folder), [case]))
        assert found.startswith(f"Cd: {words}" if words else "")
        assert bool(found) == bool(words)


TARGETS = {
    "gap": ('"1.7 eV"', '"-1.7 eV"', '"1.7 hartree"'),
    "splitting": ('"0.4 eV"', '"-0.4 eV"', '"0.4 hartree"'),
    "kane_energy": ('"20 eV"', '"-20 eV"', '"20 hartree"'),
    "gap_by_volume": ('"-8 eV"', '"-200 eV"', '"-8 hartree"'),
    "electron_mass": ('"0.067 me"', '"0.0001 me"', '"67 me"'),
}


@pytest.mark.parametrize("kind", TARGETS)
def test_targets_of_a_wrong_sign_or_unit(case, kind):
    section = type(case.spec)
    for value, suspicious in zip(TARGETS[kind], (False, True, True), strict=True):
        target = {"kind": kind, "value": value.strip('"')}
        data = case.spec.model_dump(mode="json", exclude_defaults=True)
        spec = section.model_validate(data | {"targets": [target]})
        text = warnings_of(replace(case, spec=spec))
        assert (f"target {kind} {spec.targets[0].text} is not plausible" in text) == suspicious


def test_every_kind_of_target_has_a_plausible_range():
    from typing import get_args

    from nnpp.config.targets import Target

    tagged, _ = get_args(Target)
    sections = [get_args(one)[0] for one in get_args(tagged)]
    kinds = {k for s in sections for k in get_args(s.model_fields["kind"].annotation)}
    assert kinds == PLAUSIBLE.keys()


HIDDEN = "hidden: [4]"


@pytest.mark.parametrize("method", ["adam", "lm"])
def test_a_network_larger_than_memory_is_refused_before_it_is_made(
    tmp_path, monkeypatch, method
):
    text = POTENTIAL.replace(HIDDEN, "hidden: [20000, 20000]")
    assert text != POTENTIAL
    folder = write_fit(tmp_path / "fit", f"fit: {{method: {method}, steps: 1}}\n", text)
    monkeypatch.setattr("nnpp.setup.checks.device_memory", lambda: 16_000_000_000)
    monkeypatch.setattr("nnpp.setup.prepare.potential_of", None)
    remedy = "; use fewer units" + (", or method: adam" if method == "lm" else "")
    with pytest.raises(InputError, match=r"the network: about [0-9.]+ GB of memory") as caught:
        prepare(read_inputs(folder))
    assert str(caught.value).endswith(remedy)
    assert "fit.yaml:" in str(caught.value)


@pytest.mark.parametrize("features", ["kind: bare", "kind: radial, width: 0.5, spacing: 0.3"])
@pytest.mark.parametrize("hidden", ["[4]", "[7, 3]"])
def test_weights_are_counted_as_they_are_made(tmp_path, features, hidden):
    text = POTENTIAL.replace(HIDDEN, f"hidden: {hidden}")
    text = text.replace("kind: radial, width: 0.5, spacing: 1.0, range: 5.0", features)
    spec = read_inputs(write_fit(tmp_path / "fit", FIT, text)).spec.potential
    made = start_of(spec).local.weights
    from jax import tree

    assert spec.n_weights == sum(np.size(x) for x in tree.leaves(made)) > 0
