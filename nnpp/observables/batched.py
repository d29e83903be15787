"""All k-points of several systems as one batch, which is sharded over all devices.

Systems whose arrays at one k have equal shapes share one program, and so one compilation,
however many k-points each has: four compounds at three volumes need a twelfth of the time.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Int

from nnpp.basis.plane_waves import PlaneWaves
from nnpp.devices.parallel import map_k
from nnpp.eigensolvers.wanted import Solver
from nnpp.hamiltonian.bulk import AtShells, System, Values, values
from nnpp.observables.memory import bytes_per_k
from nnpp.pytree import pytree, static

AtK = Callable[[PlaneWaves, AtShells, Values, System], Any]
"""A function of one k of a system and of the numbers of a potential."""


class LevelRequest(NamedTuple):
    """One system, the numbers of a potential in it, the number of levels and the solver."""

    numbers: AtShells
    system: System
    n: int
    solve: Solver


def solve_by_shape(
    program: Callable[..., tuple], requests: Sequence[LevelRequest]
) -> list[Any]:
    """Run program(numbers, systems, n, solve) once for each group of requests of equal shapes.

    Returns:
        One result for each request, in their order.
    """
    groups: dict[Hashable, list[int]] = {}
    bare = [a._replace(system=a.system.bare(a.numbers)) for a in requests]
    for i, one in enumerate(bare):
        groups.setdefault(_shape(one), []).append(i)
    found: dict[int, Any] = {}
    for group in groups.values():
        numbers, systems = zip(*((bare[i].numbers, bare[i].system) for i in group), strict=True)
        results = program(numbers, systems, bare[group[0]].n, bare[group[0]].solve)
        found |= dict(zip(group, results, strict=True))
    return [found[i] for i in range(len(requests))]


def _shape(one: LevelRequest) -> Hashable:
    """Return what must be equal for two systems to share a program."""
    leaves, structure = jax.tree.flatten((one.numbers, _at_first(one.system)))
    return structure, tuple((x.shape, x.dtype) for x in leaves), one.n, one.solve


def _at_first(system: System) -> System:
    """Return the system with plane waves at its first k only."""
    return replace(system, waves=jax.tree.map(lambda x: x[:1], system.waves))


def map_kpoints(
    at_k: AtK, numbers: Sequence[AtShells], systems: Sequence[System], n: int, solve: Solver
) -> tuple:
    """Return `at_k` at every k of every system: one result for each, with axis k in front."""
    batch = _batch(systems)
    each = bytes_per_k(numbers[0], systems[0], n, solve)
    return batch.split(_solve(at_k, _stacked(numbers), batch, each))


def map_kpoints_of_many(
    at_k: AtK, numbers: Sequence[AtShells], systems: Sequence[System], n: int, solve: Solver
) -> tuple:
    """Return the same as `map_kpoints`; for use under vmap, but not differentiable.

    Under vmap the potentials are mapped like k-points: memory holds no more Hamiltonians at a
    time, and all devices have work (8 potentials, 61 k, N = 153, 2 cores: 2.3 s, compared with
    2.8 s with 8 Hamiltonians at a time).
    """
    each = bytes_per_k(numbers[0], systems[0], n, solve)

    @custom_vmap
    def over(numbers: AtShells, batch: Batch) -> Any:
        return _solve(at_k, numbers, batch, each)

    @over.def_vmap
    def over_pairs(many: int, mapped: Any, numbers: AtShells, batch: Batch) -> Any:
        assert not any(jax.tree.leaves(mapped[1])), "only potentials are mapped, not systems"

        def flat(x: Array, of_many: bool) -> Array:
            x = x if of_many else jnp.stack([x] * many)
            return x.reshape(-1, *x.shape[2:])

        found = _solve(at_k, jax.tree.map(flat, numbers, mapped[0]), batch, each)
        found = jax.tree.map(lambda x: x.reshape(many, -1, *x.shape[1:]), found)
        return found, jax.tree.map(lambda x: True, found)

    batch = _batch(systems)
    return batch.split(over(_stacked(numbers), batch))


@pytree
class Batch:
    """The k-points of several systems, one after the other.

    Attributes:
        waves: the plane waves at each k-point.
        systems: the systems with plane waves at their first k only, stacked.
        counts: the number of k-points of each system.
    """

    waves: PlaneWaves
    systems: System
    counts: tuple[int, ...] = static()

    def split(self, found: Any) -> tuple:
        """Return the results of each system."""
        ends = np.cumsum(self.counts)
        return tuple(
            jax.tree.map(lambda x, i=i, e=e: x[e - i : e], found)
            for i, e in zip(self.counts, ends, strict=True)
        )


def _batch(systems: Sequence[System]) -> Batch:
    """Return all k-points of systems that have equal shapes at one."""
    waves = jax.tree.map(lambda *x: jnp.concatenate(x), *(s.waves for s in systems))
    counts = tuple(len(s.waves.K) for s in systems)
    return Batch(waves, _stacked([_at_first(s) for s in systems]), counts)


def _solve(at_k: AtK, numbers: AtShells, batch: Batch, each: int) -> Any:
    """Return `at_k` for all numbers at all k; numbers p belong to the system p modulo S."""
    S, P = len(batch.counts), len(numbers.v)
    V = jax.lax.map(lambda p: values(_at(numbers, p), _at(batch.systems, p % S)), jnp.arange(P))

    def job(waves_and_p: tuple[PlaneWaves, Int[Array, ""]], shared: tuple) -> Any:
        (waves, p), (numbers, V, systems) = waves_and_p, shared
        return at_k(waves, _at(numbers, p), _at(V, p), _at(systems, p % S))

    p = jnp.asarray(np.repeat(np.arange(P), batch.counts * (P // S)))
    waves = jax.tree.map(lambda x: jnp.concatenate([x] * (P // S)), batch.waves)
    wanted = jnp.any(waves.real, axis=-1)  # a k-point of padding has no plane waves
    return map_k(job, (waves, p), (numbers, V, batch.systems), each, wanted)


def _at(tree: Any, i: Int[Array, ""]) -> Any:
    """Return element `i` of every leaf."""
    return jax.tree.map(lambda x: x[i], tree)


def _stacked(trees: Sequence[Any]) -> Any:
    """Return trees of equal shapes stacked along a new first axis."""
    return jax.tree.map(lambda *x: jnp.stack(x), *trees)
