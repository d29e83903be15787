"""The memory that is foreseen, against XLA's own account of what its programs hold."""

import jax
import pytest

from nnpp.eigensolvers.davidson import davidson
from nnpp.eigensolvers.dense import dense
from nnpp.hamiltonian.bulk import at_shells
from nnpp.observables.batched import map_kpoints
from nnpp.observables.memory import COMPLEX, COUNTED, PROGRAM, bytes_per_k, process_memory
from nnpp.observables.slopes import _at_k
from tests import systems

SAMPLES = {
    "spinless": (systems.zincblende, systems.cdse, 10.0, 8),
    "pairs": (systems.perovskite, systems.cspbi3, 3.0, 32),
    "spinors": (systems.zincblende, systems.everything, 9.0, 16),
}


def accounted(numbers, system, n, solve) -> float:
    """Temporary arrays of the compiled program, and what LAPACK takes beside them."""

    def row(numbers, system):
        def at_k(*shared):
            return _at_k(n, solve, *shared)

        return map_kpoints(at_k, [numbers], [system], n, solve)

    compiled = jax.jit(row).lower(numbers, system).compile()
    size = system.waves.K.shape[1] * (1 + numbers.strengths.spinor)
    of_lapack = 2 * COMPLEX * size**2 if solve is dense else 0
    return compiled.memory_analysis().temp_size_in_bytes + of_lapack


@pytest.mark.parametrize(
    "name", ["spinless", "spinors", pytest.param("pairs", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("solve", [dense, davidson])
def test_no_less_than_xla_says_and_no_more_than_twice(name, solve):
    structure, of_potential, cutoff, n = SAMPLES[name]
    system, potential = systems.at(structure(), [0.1, 0.2, 0.3], cutoff), of_potential()
    numbers = at_shells(potential, system)
    system = system.bare(numbers)
    foreseen, found = (
        bytes_per_k(numbers, system, n, solve),
        accounted(numbers, system, n, solve),
    )
    assert found < foreseen < 2 * found


def test_more_bands_and_plane_waves_take_more():
    potential = systems.cdse()
    small, large = (systems.at(systems.zincblende(), [0.1, 0, 0], c) for c in (6.0, 9.0))
    of_small, of_large = (
        process_memory(at_shells(potential, s), s, 8, dense) for s in (small, large)
    )
    N = [s.waves.K.shape[1] for s in (small, large)]
    assert of_large.per_k > of_small.per_k * (N[1] / N[0]) ** 2 * 0.8
    assert of_large.total() > PROGRAM + of_large.at_once * of_large.per_k
    assert of_large.at_once == 1, "there is one k-point"
    assert of_large.counting == COUNTED * COMPLEX * N[1] ** 2, "complex matrices"
    more = process_memory(at_shells(potential, large), large, 16, davidson)
    assert more.per_k > process_memory(at_shells(potential, large), large, 8, davidson).per_k
