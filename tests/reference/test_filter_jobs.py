"""Levels of filter-diagonalisation codes, from the files of their jobs.

An error of a level is about residual²/gap: 1e-5 hartree gives 1e-9.
"""

import numpy as np
import pytest

from nnpp.basis.rules import PER_K
from nnpp.dots.edges import edges
from nnpp.formats.filter_job import read_filter_job
from nnpp.hamiltonian.dot_system import dot_system, hamiltonian
from nnpp.hamiltonian.grid import grid_hamiltonian, grid_system
from tests.reference.data import reference

CASES = {
    "In13P16": ([-0.2190593640], [-0.0726400532], 1e-8),
    "CdSe-2.2nm": (
        [-0.244201564, -0.244332637, -0.245559424, -0.248525489],
        [-0.119714733, -0.093934305, -0.093707899, -0.086575380],
        1e-8,
    ),
    "CsPbI3-1x1x1": ([-0.256088560], [-0.099996385], 3e-6),
}
"""Levels below and above the gap, in the order from it [hartree], and their accuracy."""


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_levels_on_the_grid(name):
    """Kramers pairs are one column of four real parts, so that they are exactly degenerate."""
    below, above, accuracy = CASES[name]
    job = read_filter_job(reference(f"dots/{name}"))
    system = grid_system(job.dot, job.shape, job.spacing, job.cap)
    H = grid_hamiltonian(job.potential, system)
    found = edges(H, job.occupied, len(below), len(above))
    np.testing.assert_allclose(found.E[: len(below)], np.sort(below), atol=accuracy)
    np.testing.assert_allclose(found.E[len(below) :], np.sort(above), atol=accuracy)
    assert found.missed < 1e-2


@pytest.mark.slow
def test_levels_in_plane_waves():
    """HOMO and LUMO of an independent program in the same plane waves."""
    job = read_filter_job(reference("dots/CdSe-2.2nm"))
    box = np.array([45.6, 41.6, 36.0])
    H = hamiltonian(job.potential, dot_system(job.dot, 5.0, PER_K, box, factor=1.5))
    found = edges(H, job.occupied, 2, 1)
    np.testing.assert_allclose(found.E[1:], [-0.24333927, -0.11860691], atol=1e-8)
