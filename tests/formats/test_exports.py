"""Exports are read as the filter codes read them, and transformed back with NumPy only."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from nnpp.errors import InputError
from nnpp.formats.model import read_model, write_model
from nnpp.potentials.neural import ACTIVATIONS, STARTS, Bare, Gaussian, Network, Open, Radial
from nnpp.potentials.potential import Potential, Strengths
from nnpp.potentials.real_space import real_space
from nnpp.terms.fitted.long_range import long_range
from nnpp.workflows.export.export import Made, run_export
from nnpp.workflows.export.radial import even_knots
from tests import systems


def charged():
    """A smooth network on the Zunger form, with every strength."""
    network = Network(
        Radial(0.5, 0.5, 6.0), (6,), 2, ACTIVATIONS["silu"], last=STARTS["xavier"], scale=3.0
    )
    local = systems.neural(
        network, Gaussian(2.5), systems.zunger("Cd", "Se"), jax.random.key(2)
    )
    return Potential(local, systems.everything().strengths, ("Cd", "Se"))


def wide():
    """The default features with tanh, whose v(r) extends to 100 bohr."""
    network = Network(
        Radial(0.15, 0.125, 6.0),
        (20,),
        2,
        ACTIVATIONS["tanh"],
        last=STARTS["xavier"],
        scale=3.0,
    )
    local = systems.neural(
        network, Gaussian(2.5), systems.zunger("Cd", "Se"), jax.random.key(1)
    )
    return Potential(local, Strengths(), ("Cd", "Se"))


def written(*options):
    """Return the files that an export wrote."""
    *_, made = run_export(*options)
    assert isinstance(made, Made)
    return made.paths


CASES = {"zunger": systems.cdse, "charged": charged}

SMOOTH = [(name, s) for name, make in CASES.items() for s in make().species]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return the export folder of a case; each export is made once."""
    made = {}

    def of(name):
        if name not in made:
            run = tmp_path_factory.mktemp(name)
            write_model(run / "potential", CASES[name](), {"fit": name})
            made[name] = run, written(run, None, np.inf)  # `charged` has s waves
        return made[name][0] / "export"

    return of


def scanned(path):
    """Return what fscanf reads: all numbers, in two columns."""
    return np.array(path.read_text().split(), float).reshape(-1, 2).T


def short_range(folder, symbol):
    """Return r and v(r) without the Coulomb tail."""
    alone = folder / f"pot{symbol}_SR.par"
    return scanned(alone if alone.exists() else folder / f"pot{symbol}.par")


def transformed_lines(r, v, q):
    """Return v(q) = 4π ∫ r² [sin(qr)/qr] v(r) dr of the v(r) of a filter code.

    Its spacing is that of the first two rows; it is linear between rows, and zero beyond.
    Simpson's rule has seven points between rows, so that kinks are at ends of its intervals.
    """
    dr = r[1] - r[0]
    fine = np.linspace(0.0, dr * (len(r) - 1), 8 * (len(r) - 1) + 1)
    i = np.minimum((fine / dr).astype(int), len(r) - 2)
    line = v[i] + (v[i + 1] - v[i]) * (fine / dr - i)
    simpson = np.tile([2.0, 4.0], len(fine) // 2 + 1)[: len(fine)]
    simpson[[0, -1]] = 1.0
    weighted = 4 * np.pi * dr / 24 * simpson * fine**2 * line
    return np.array([np.sinc(x * fine / np.pi) @ weighted for x in q])


@pytest.mark.parametrize(("name", "symbol"), SMOOTH)
def test_tables_give_v_of_q(name, symbol, exported):
    """The error is below 1e-6 hartree·bohr³, about 1e-8 of the largest, at all relevant q."""
    r, v = short_range(exported(name), symbol)
    q = np.linspace(0.0, 10.0, 41)
    potential = CASES[name]()
    exact = np.asarray(potential.local(jnp.asarray(q)))[:, potential.species.index(symbol)]
    assert np.abs(transformed_lines(r, v, q) - exact).max() < 1e-6
    assert np.abs(exact).max() > 10


def test_knots_are_more_accurate_than_samples():
    """At the largest spacing, interpolated samples change v(q) by more than 3e-6 of it."""
    potential, q = wide(), np.linspace(0.0, 6.0, 13)
    r = np.arange(8003) * 0.0125
    samples = np.asarray(real_space(potential.local, jnp.asarray(r), 10.0, 2000))
    r, rows = r[:-2], even_knots(lambda _: samples, r[:-2])
    exact = np.asarray(potential.local(jnp.asarray(q)))
    for v, table, wanted in zip(exact.T, samples[:-2].T, rows.T, strict=True):
        largest = np.abs(v).max()
        assert np.abs(transformed_lines(r, wanted, q) - v).max() < 1e-7 * largest
        assert np.abs(transformed_lines(r, table, q) - v).max() > 3e-6 * largest


@pytest.mark.parametrize("symbol", ["Cd", "Se"])
def test_a_table_with_its_tail_gives_v_of_q(symbol, exported):
    """potX.par without the shift gives v(q) plus the long-range term, away from its pole.

    Beyond the last row R, v(r) = −a4/r is integrated analytically: ∫ sin(qr) dr = cos(qR)/q.
    """
    r, whole = scanned(exported("charged") / f"pot{symbol}.par")
    tail = scanned(exported("charged") / f"pot{symbol}_LR.par")[1]
    potential, q = charged(), np.linspace(0.5, 8.0, 16)
    i = potential.species.index(symbol)
    a4 = float(potential.strengths["charge"][i])
    found = transformed_lines(r, whole + tail[-1], q)
    found -= 4 * np.pi * a4 * np.cos(q * r[-1]) / q**2
    exact = potential.local(jnp.asarray(q))[:, i]
    exact += long_range(jnp.asarray(q), jnp.array([a4]))[:, 0]
    assert np.abs(found - np.asarray(exact)).max() < 1e-5


@pytest.mark.parametrize(("name", "symbol"), SMOOTH)
def test_a_table_is_uniform_has_at_most_8192_rows_and_ends_at_zero(name, symbol, exported):
    for path in exported(name).glob(f"pot{symbol}*.par"):
        if re.search("_a[45]", path.name):
            continue
        r, v = scanned(path)
        assert r[0] == 0
        assert np.abs(np.diff(r) - r[1]).max() < 1e-12
        assert 4000 < len(r) <= 8192
        if "_LR" not in path.name:
            assert v[-1] == 0
    assert {p.name for p in exported(name).glob(f"pot{symbol}*.par")} >= {f"pot{symbol}.par"}


def test_files_of_strengths_in_the_format_of_the_codes(exported):
    folder, strengths = exported("charged"), charged().strengths
    for i, symbol in enumerate(("Cd", "Se")):
        s = [float((folder / f"pot{symbol}_{n}.par").read_text()) for n in ("a4", "a5")]
        assert s == np.asarray(strengths["strain"])[i].tolist()
        read, skipped = scanned(folder / f"SO_{symbol}.par")
        a6, a7 = np.asarray(strengths["nonlocal"])[i]
        assert read.tolist() == [float(strengths["spin_orbit"][i]), a6, a7]
        assert not skipped.any()


def test_terms_that_were_not_fitted_are_zero_and_listed(exported):
    folder = exported("zunger")
    assert not scanned(folder / "SO_Cd.par").any()
    assert float((folder / "potCd_a4.par").read_text()) == 0
    listed = "Not in this potential, so zero: spin-orbit, non-local, strain factors."
    assert listed in (folder / "README.md").read_text("utf-8")
    assert listed not in (exported("charged") / "README.md").read_text("utf-8")
    assert not list(folder.glob("*_LR.par"))


@pytest.mark.parametrize("symbol", ["Cd", "Se"])
def test_a_coulomb_tail(symbol, exported):
    """The tail is the transform of v_LR(q), and the sum of both parts is only shifted."""
    r, tail = scanned(exported("charged") / f"pot{symbol}_LR.par")
    potential = charged()
    a4 = float(potential.strengths["charge"][potential.species.index(symbol)])

    def v(q):
        return float(long_range(jnp.array([q]), jnp.array([a4]))[0, 0])

    for i in (1, 100, 700):
        exact = quad(lambda q: q * v(q), 2e-4, 3, weight="sin", wvar=r[i], epsabs=1e-10)[0]
        assert tail[i] == pytest.approx(exact / (2 * np.pi**2 * r[i]), abs=1e-4)
    assert tail[0] == pytest.approx(tail[1], rel=1e-5)
    whole = scanned(exported("charged") / f"pot{symbol}.par")[1]
    apart = whole - short_range(exported("charged"), symbol)[1] - tail
    assert np.abs(apart + tail[-1]).max() < 1e-12
    assert abs(tail[-1]) > 1e-3


@pytest.mark.parametrize("name", CASES)
def test_tables_of_deepseudopot(name, exported):
    """final_pot_X.dat is (r, v(r)), final_pot_q_X.dat (q, v(q)), qSpace_pot.dat all v(q)."""
    folder, potential = exported(name), CASES[name]()
    together = np.loadtxt(folder / "qSpace_pot.dat")
    exact = np.asarray(potential.local(jnp.asarray(together[:, 0])))
    assert np.array_equal(together[:, 1:], exact)
    head = (folder / "qSpace_pot.dat").read_text().splitlines()[0]
    assert head.split() == ["#", "q", *(f"v(q)_{s}" for s in potential.species)]
    for i, symbol in enumerate(potential.species):
        q, v_q = scanned(folder / f"final_pot_q_{symbol}.dat")
        assert np.array_equal(v_q, exact[:, i])
        assert (len(q), q[-1]) == (4096, 40.0)
        r, v = scanned(folder / f"final_pot_{symbol}.dat")
        assert (len(r), r[-1]) == (4096, 30.0)
        assert np.abs(v - np.interp(r, *short_range(folder, symbol))).max() < 5e-4


@pytest.mark.parametrize("name", CASES)
def test_an_export_contains_the_model_and_describes_every_file(name, exported):
    """The copy is exact; README.md names every kind of file and the error of v(q)."""
    folder = exported(name)
    copy, first = read_model(folder).potential, CASES[name]()
    pairs = zip(jax.tree.leaves(copy), jax.tree.leaves(first), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    text = (folder / "README.md").read_text("utf-8")
    for path in folder.iterdir():
        generic = path.name
        for symbol in first.species:
            generic = re.sub(rf"(^pot|_){symbol}(?=[_.])", r"\1X", generic)
        assert generic in text or generic == "README.md"
    error = float(re.search(r"≤ \S+ to (\S+) hartree", text)[1])
    assert error < 1e-6
    assert "{" not in text


def test_only_an_older_export_is_replaced(tmp_path):
    """A folder with a fit, a run, a model of DeePseudopot or another README is refused."""
    run = tmp_path / "run"
    write_model(run / "potential", systems.cdse(), {"fit": "zunger"})
    for name in ("fit.yaml", "run.yaml", "NN_config.par", "README.md"):
        theirs = tmp_path / f"with-{name}"
        theirs.mkdir()
        (theirs / name).write_text("mine", encoding="utf-8")
        with pytest.raises(InputError, match="--out"):
            written(run, theirs)
        assert [p.name for p in theirs.iterdir()] == [name]
    out = written(run)[0].parent
    (out / "potXe_SR.par").write_text("0 0", encoding="utf-8")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    again = written(run)
    assert {p.name for p in out.iterdir()} == {p.name for p in again} | {"notes.txt"}


def bare_open():
    network = Network(Bare(), (4,), 1, last=STARTS["xavier"])
    return Potential(
        systems.neural(network, Open(), None, jax.random.key(0)), Strengths(), ("Si",)
    )


@pytest.mark.parametrize(
    ("make", "words"), [(systems.table, "has no v(r)"), (bare_open, "has not decayed")]
)
def test_a_potential_without_v_of_r_is_refused(make, words, tmp_path):
    write_model(tmp_path / "potential", make(), {})
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=re.escape(words)) as refusal:
        written(tmp_path)
    assert "potential.safetensors: " in str(refusal.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_term_that_the_filter_codes_lack_is_described(tmp_path):
    """b1 and b2 are in a separate file, and README.md says that they are needed."""
    write_model(tmp_path / "potential", systems.everything(), {})
    paths = written(tmp_path, None, np.inf)
    folder = next(p.parent for p in paths if p.name == "README.md")
    b = np.asarray(systems.everything().strengths["s_wave"])
    assert np.array_equal(np.loadtxt(folder / "S_Cd.par"), b[0])
    assert np.array_equal(np.loadtxt(folder / "S_Se.par"), b[1])
    assert "no s-wave term" in (folder / "README.md").read_text("utf-8")
    write_model(tmp_path / "potential", systems.cdse(), {})
    written(tmp_path)
    assert not (folder / "S_Cd.par").exists()
    assert "b1" not in (folder / "README.md").read_text("utf-8")
