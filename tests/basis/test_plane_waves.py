"""Differences G−G′ and their shells, against all pairs written out."""

import time

import numpy as np
import pytest

from nnpp.basis.plane_waves import DIFFERENCES, plane_waves
from nnpp.basis.rules import PER_K, RULES, SPHERE
from nnpp.structures.crystal import crystal
from nnpp.structures.kpoints import listed
from tests import systems
from tests.structures.cells import CELLS

K = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.13, -0.41, 0.27]])

SHAPES = CELLS | {
    "long": lambda: crystal(
        [[5.0, 0.2, 0], [1.0, 6.0, 0.3], [0, 0.5, 23.0]], [[0, 0, 0]], ("H",)
    )
}


def integers(structure, waves, i):
    """n of each true plane wave at the i-th k, from its Cartesian k+G."""
    K_i = np.asarray(waves.K[i])[np.asarray(waves.real[i])]
    n = K_i @ np.linalg.inv(np.asarray(structure.reciprocal)) - K[i]
    assert np.abs(n - np.round(n)).max() < 1e-9
    return np.round(n).astype(int)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", SHAPES)
def test_every_difference_has_its_place_and_none_is_missing(name, rule):
    structure = SHAPES[name]()
    waves, d = plane_waves(structure, listed(structure, K), 1.0, RULES[rule])
    place = dict(zip(map(tuple, np.asarray(d.n).tolist()), d.place.tolist(), strict=True))
    assert len(set(place.values())) == len(place) == len(d.n)
    assert place[0, 0, 0] == d.centre
    occurring = set()
    for i in range(len(K)):
        n, code = integers(structure, waves, i), np.asarray(waves.code[i])
        code = code[np.asarray(waves.real[i])]
        pairs = (n[:, None] - n[None]).reshape(-1, 3).tolist()
        at = (code[:, None] - code[None]).ravel() + d.centre
        assert all(place[tuple(m)] == p for m, p in zip(pairs, at.tolist(), strict=True))
        occurring |= set(map(tuple, pairs))
    vectors = np.asarray(d.n)
    assert occurring == set(map(tuple, vectors[np.asarray(d.occurs)].tolist()))
    assert len(vectors) % DIFFERENCES == 0 or len(vectors) == np.prod(d.box)
    assert np.allclose(d.Q, np.asarray(d.n) @ np.asarray(structure.reciprocal), atol=1e-13)


@pytest.mark.parametrize("name", SHAPES)
def test_shells_are_the_distinct_lengths(name):
    structure = SHAPES[name]()
    _, d = plane_waves(structure, listed(structure, K), 1.5, PER_K)
    q, lengths = np.asarray(d.q), np.linalg.norm(d.Q, axis=1)[np.asarray(d.occurs)]
    assert np.abs(q[np.asarray(d.shell)[np.asarray(d.occurs)]] - lengths).max() < 1e-8
    assert set(d.shell.tolist()) == set(range(len(q)))
    assert q[0] == 0
    assert np.diff(q).min() > 1e-6
    assert len(q) == len(np.unique(np.round(lengths, 7)))


def test_shells_of_zinc_blende_are_integers():
    """|G−G′|² = (0, 3, 4, 8, 11, 12, 16, 19, 20, 24, 27, …)·(2π/a)²; 83 at 10 hartree."""
    structure = systems.zincblende()
    _, d = plane_waves(structure, listed(structure, [0, 0, 0]), 10.0, SPHERE)
    squares = (np.asarray(d.q) * systems.A_CDSE / (2 * np.pi)) ** 2
    assert np.abs(squares - np.round(squares)).max() < 1e-9
    assert np.round(squares[:11]).tolist() == [0, 3, 4, 8, 11, 12, 16, 19, 20, 24, 27]
    assert len(squares) == 83


def test_many_plane_waves_are_quick():
    """CsPbI3 at 10 hartree: 6.3 million pairs, 236 lengths at most, well below 3 s."""
    structure = systems.perovskite()
    start = time.perf_counter()
    waves, d = plane_waves(structure, listed(structure, [0, 0, 0]), 10.0, SPHERE)
    assert time.perf_counter() - start < 3
    assert waves.K.shape[1] == 2517
    assert 200 < len(d.q) <= 236
    assert len(d.n) < 8 * 2517 * 1.2


def test_shorter_rows_are_padded_and_marked():
    structure = systems.zincblende()
    waves, _ = plane_waves(structure, listed(structure, K), 2.0, PER_K)
    sizes = [len(n) for n in PER_K.select(np.asarray(structure.cell), K, 2.0)]
    assert len(set(sizes)) > 1
    assert waves.K.shape == (3, max(sizes), 3)
    assert np.asarray(waves.real).sum(axis=1).tolist() == sizes
    filling = ~np.asarray(waves.real)
    assert np.all(np.asarray(waves.K)[filling] == 0)
