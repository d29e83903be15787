"""Couplings and two-volume deformation potentials, from fit.yaml and DeePseudopot files."""

import jax
import numpy as np
import pytest

from nnpp.config.inputs import read_inputs
from nnpp.errors import InputError
from nnpp.fitting.annealing import MODES, Annealing
from nnpp.fitting.levenberg_marquardt import LevenbergMarquardt
from nnpp.setup.objective import objective_of
from nnpp.setup.potential import start_of
from nnpp.setup.prepare import prepare
from nnpp.units import DEEPSEUDOPOT_HARTREE_EV, HARTREE_EV
from tests.config.samples import assert_error, spoil, write_older
from tests.fitting.samples import write_fit
from tests.setup.test_objective import LISTED, ZUNGER

ROWS = """    targets:
      - {kind: stretched, band: 4, value: -1 eV, weight: 2}
      - {kind: stretched, band: 5, above: {band: 4, kpoint: [0.5, 0.5, 0]}, value: -3 eV}
      - {kind: coupling, atom: 1, along: x, q: [0.5, 0.5, 0], band: 4, value: 0.3 eV/bohr}
      - {kind: coupling, atom: 2, along: z, q: [0.5, 0.5, 0], band: 5, value: 0.1 eV/bohr}
      - {kind: coupling, atom: 2, along: x, q: [0, 0, 0], band: 4, value: 1 eV/bohr, weight: 4}
"""
LM = "fit: {method: lm, steps: 8}\n"


def objective(folder):
    fit = read_inputs(folder)
    return objective_of(fit, prepare(fit), start_of(fit.spec.potential))


def made(folder, rows=ROWS):
    return objective(write_fit(folder / "fit", LM, ZUNGER, LISTED + rows))


def test_rows_of_one_k_and_q_are_one_source(tmp_path):
    found = made(tmp_path)
    names = [
        "zb: stretched",
        "zb: couplings from 0 0 0 by 0.5 0.5 0",
        "zb: couplings from 0 0 0 by 0 0 0",
    ]
    assert list(found.names) == names
    state = LevenbergMarquardt().start(found, found.parameters.start())
    D, g, still = (np.asarray(y) * HARTREE_EV for y in state.measured.y)
    aims = [2 * (D[0] + 1) ** 2, (D[1] + 3) ** 2, (g[0] - 0.3) ** 2, (g[1] - 0.1) ** 2]
    aims.append(4 * (still[0] - 1) ** 2)
    assert float(state.measured.loss) * HARTREE_EV**2 == pytest.approx(sum(aims), rel=1e-9)


def test_derivatives_are_differences(tmp_path):
    """J of all rows, between multiplets at Γ and X; symmetry forbids one of the couplings."""
    found = made(tmp_path)
    theta = found.parameters.start()
    _, _, J = jax.jit(found.linear)(theta)

    @jax.jit
    def r(theta):
        measured = found.measure(theta)
        both = zip(found.sources, measured.y, strict=True)
        return jax.numpy.concatenate([s.residuals(y) for s, y in both])

    along = np.random.default_rng(0).normal(size=theta.shape) * (0.1 + np.abs(theta))
    h = 1e-3  # residuals are exact to some 1e-11 hartree: with a smaller h rounding matters
    at = {x: np.asarray(r(theta + x * h * along)) for x in (-2, -1, 1, 2)}
    slope = (8 * (at[1] - at[-1]) - at[2] + at[-2]) / (12 * h)
    np.testing.assert_allclose(J @ along, slope, rtol=1e-6)
    assert slope[3] == 0 != slope[2]


def test_annealing_of_strengths_reduces_the_loss(tmp_path):
    """The local form does not change at all, strengths do, and the loss decreases."""
    strong = ZUNGER.replace("{local: [8", "{spin_orbit: 0.4, nonlocal: [0.1, 0.1], local: [8")
    text = strong.replace("kind: zunger", "kind: zunger\n  train: [spin_orbit, nonlocal]")
    rows = ROWS.replace("band: 4", "band: 8").replace("band: 5", "band: 9")
    fit = read_inputs(write_fit(tmp_path / "fit", LM, text, LISTED.replace(
        "bands: 8", "bands: 12") + rows))  # fmt: skip
    found = objective_of(fit, prepare(fit), start_of(fit.spec.potential))
    method, theta = Annealing(5.0, 1e9, MODES[1]), found.parameters.start()
    state = method.start(found, theta, jax.random.key(1))
    before = float(state.measured.loss)
    for _ in range(15):
        state = method.advance(found, state)
    first, best = (found.parameters.put(x) for x in (theta, state.best))
    assert float(state.lowest) < 0.99 * before
    np.testing.assert_array_equal(first.local.a, best.local.a)
    assert float(best.strengths["spin_orbit"][1]) != float(first.strengths["spin_orbit"][1])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("atom: 2, along: z", "atom: 3, along: z", "there is no atom 3"),
        ("along: z", "along: w", "along"),
        ("band: 4, value: -1", "band: 99, value: -1", "there is no band 99"),
        ("above: {band: 4", "above: {band: 77", "there is no band 77"),
        ("0.1 eV/bohr", "-0.1 eV/bohr", "greater than or equal to 0"),
        ("0.1 eV/bohr", "0.1 eV", "unknown unit 'eV'"),
        ("q: [0, 0, 0]", "q: [0, 0, 9]", "lies far outside the cell"),
        ("q: [0, 0, 0]", "q: [0, 0]", "q"),
        ("value: -1 eV", "value: -1 eV, stretch: 1", "both volumes are the same"),
        ("value: -1 eV", "value: -1 eV, strech: 1.02", "did you mean 'stretch'?"),
    ],
)
def test_invalid_targets_are_refused(tmp_path, old, new, words):
    assert old in ROWS
    with pytest.raises(InputError) as caught:
        made(tmp_path, ROWS.replace(old, new, 1))
    assert words in str(caught.value)
    assert "fit.yaml:" in str(caught.value)


TABLE = """\
potential:
  kind: table
  elements:
    Cd: {local: {q: [0.95058477, 1.09764075], v: [-60.0, -9.0]}}
    Se: {local: {q: [0.95058477, 1.09764075], v: [-60.0, -9.0]}}
"""


@pytest.mark.parametrize("row", ROWS.splitlines()[1:5:2])
def test_a_table_is_refused(tmp_path, row):
    """Its v(q) is known only at its lengths."""
    with pytest.raises(
        InputError, match="needs v\\(q\\) at lengths that a table does not have"
    ):
        fit = read_inputs(
            write_fit(tmp_path / "fit", LM, TABLE, LISTED + f"    targets:\n{row}\n")
        )
        prepare(fit)


INPUT = (
    "maxKE = 5\nnBands = 10\nidxVB = 7\nidxCB = 8\nidxGap = 1\nfit_defPot = 1\nfit_eph = 1\n"
)
BANDS = {
    "expBandStruct_0.par": "0.0 -19.9 -19.9 -9 -9 -8 -8 -7 -7 -3 -3\n"
    "0.5 -20.1 -20.1 -6.3 -6.3 -6.3 -6.3 -6.3 -6.3 -4 -4\n",
    "bandWeights_0.par": "1.0\n" * 10,
}
DEF_POT = "# k band s D weight\n1 7 1.01 -2.7 1.5\n1 8 0.99 2.6 0\n1 7 0 8 1.01 -3.5 2 # to X\n"
Q = "0 0 0 1\n0.5 0.5 0.0 2\n"
_BLOCK = "".join(
    f"{band} coupling elements. polarization of derivative = x\n{at}\n"
    f"polarization of derivative = y\n{at}\npolarization of derivative = z\n{at}\n\n"
    for band, at in (("vb-vb", "0.028   0.69   "), ("cb-cb", "0.0  1.25"))
)
COUPLING = "".join(
    f"Atom idx = {n}   atom = {s}   position = XXX\n{_BLOCK}\n"
    for n, s in ((0, "Cd"), (1, "Se"))
)
OLDER = {
    "input_0.par": INPUT,
    "expDefPot_0.par": DEF_POT,
    "expCoupling_0.par": COUPLING,
    "qpoints_0.par": Q,
    **BANDS,
}


def older(folder, **replaced):
    return write_older(folder, **(OLDER | replaced))


def test_files_of_deepseudopot(tmp_path):
    """Two rows of two volumes have a weight; 2 atoms · 3 · 2 q · 2 bands give couplings."""
    fit = read_inputs(older(tmp_path))
    rows = fit.spec.systems[0].targets
    kinds = [row.kind for row in rows]
    assert kinds == ["stretched"] * 2 + ["coupling"] * 24
    level, gap, first, second = rows[:4]
    assert (level.band, level.kpoint, level.stretch, level.weight) == (8, (0, 0, 0), 1.01, 1.5)
    assert level.value * DEEPSEUDOPOT_HARTREE_EV == pytest.approx(-2.7, rel=1e-12)
    assert (gap.band, gap.kpoint, gap.above.band) == (9, (0.5, 0.5, 0.5), 8)
    assert (first.atom, first.along, first.band, first.q) == (1, "x", 8, (0, 0, 0))
    assert second.value * HARTREE_EV == pytest.approx(0.69, rel=1e-5) and second.weight == 2
    found = objective(tmp_path)
    assert [len(s.value) for s in found.sources[1:]] == [2, 12, 12]


def test_two_numbers_belong_to_the_band_edges(tmp_path):
    files = {
        "expDefPot_0.par": "-2.7\n2.6\n",
        "input_0.par": INPUT.replace("fit_eph = 1\n", ""),
    }
    fit = read_inputs(older(tmp_path, **files))
    v, c = fit.spec.systems[0].targets
    assert (v.band, c.band, v.stretch, c.weight, v.kpoint) == (8, 9, 1.01, 1, (0, 0, 0))
    message = " ".join(fit.notes)
    assert "expCoupling_0.par: not read, input_0.par does not have fit_eph = 1" in message


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "words"),
    [
        ("expDefPot_0.par", "1 7 1.01 -2.7 1.5", "1 7 1.01 -2.7", 2, "has 4 columns"),
        ("expDefPot_0.par", "1 7 1.01", "2 7 1.01", 2, "there are 2 k-points, 2 is not one"),
        ("expDefPot_0.par", "1 7 1.01", "1 7.5 1.01", 2, "integer"),
        ("expDefPot_0.par", "-2.7 1.5", "-2.7 -1.5", 2, "negative weight"),
        ("expDefPot_0.par", "1.01 -2.7", "1.0 -2.7", 2, "both volumes are the same"),
        ("expDefPot_0.par", DEF_POT, "-2.7\n2.6\n1.0\n", 3, "3 numbers, not 2"),
        ("expDefPot_0.par", DEF_POT, "", None, "has no number"),
        (
            "expCoupling_0.par",
            "Atom idx = 1",
            "Atom idx = 2",
            17,
            "atom 2 is Se here, but none",
        ),
        ("expCoupling_0.par", "atom = Cd", "atom = Se", 1, "but Cd in the system"),
        ("expCoupling_0.par", "0.028   0.69   ", "0.028", 3, "has 1 numbers for 2 q-points"),
        ("expCoupling_0.par", "0.028 ", "-0.028 ", 3, "the mean coupling"),
        (
            "expCoupling_0.par",
            "Atom idx = 0",
            "Atom",
            1,
            "has no atom, band and direction above it",
        ),
        ("expCoupling_0.par", COUPLING, "", None, "no cb-cb coupling of atom 0 (Cd) along x"),
        (
            "expCoupling_0.par",
            "derivative = y",
            "derivative = x",
            5,
            "repeats an atom, band and direction",
        ),
        (
            "expCoupling_0.par",
            "polarization of derivative = z\n0.0  1.25\n",
            "",
            None,
            "no cb-cb coupling of atom 0 (Cd) along z",
        ),
        ("qpoints_0.par", "0 0 0 1", "0 0 0", 1, "has 3 columns, not 4"),
        ("qpoints_0.par", "0 0 0 1", "0 0 0 -1", 1, "negative weight"),
        ("input_0.par", "idxGap = 1\n", "", None, "idxGap is missing"),
        ("input_0.par", "idxVB = 7", "idxVB = 17", 3, "there are 10 bands"),
    ],
)
def test_damaged_files_of_deepseudopot(tmp_path, name, old, new, line, words):
    spoil(older(tmp_path) / name, old, new)
    with pytest.raises(InputError) as caught:
        read_inputs(tmp_path)
    assert_error(caught.value, name, line, words)


def test_a_switch_without_its_file(tmp_path):
    (older(tmp_path) / "qpoints_0.par").unlink()
    with pytest.raises(InputError, match=r"qpoints_0\.par"):
        read_inputs(tmp_path)
