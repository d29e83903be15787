"""All k-points of several systems in one row, which is cut over all devices.

Systems whose arrays at one k have equal shapes share one program, and so one compilation,
however many k-points each has: with four compounds at three volumes it is a twelfth.
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
from nnpp.observables.memory import of_system
from nnpp.pytree import pytree, static

AtK = Callable[[PlaneWaves, AtShells, Values, System], Any]
"""What is wanted at one k of a system, from the numbers of a potential."""


class LevelRequest(NamedTuple):
    """One system, the numbers of a potential in it, and which levels are wanted."""

    numbers: AtShells
    system: System
    n: int
    solve: Solver


def in_rows(row: Callable[..., tuple], asked: Sequence[LevelRequest]) -> list[Any]:
    """row(numbers, systems, n, solve) for each group of equal shapes, in the order asked."""
    groups: dict[Hashable, list[int]] = {}
    bare = [a._replace(system=a.system.bare(a.numbers)) for a in asked]
    for i, one in enumerate(bare):
        groups.setdefault(_shape(one), []).append(i)
    found: dict[int, Any] = {}
    for group in groups.values():
        numbers, systems = zip(*((bare[i].numbers, bare[i].system) for i in group), strict=True)
        results = row(numbers, systems, asked[group[0]].n, asked[group[0]].solve)
        found |= dict(zip(group, results, strict=True))
    return [found[i] for i in range(len(asked))]


def _shape(one: LevelRequest) -> Hashable:
    """What has to be equal for two systems to share a program."""
    leaves, structure = jax.tree.flatten((one.numbers, _at_first(one.system)))
    return structure, tuple((x.shape, x.dtype) for x in leaves), one.n, one.solve


def _at_first(system: System) -> System:
    """The same, with plane waves at the first k alone."""
    return replace(system, waves=jax.tree.map(lambda x: x[:1], system.waves))


def map_row(
    at_k: AtK, numbers: Sequence[AtShells], systems: Sequence[System], n: int, solve: Solver
) -> tuple:
    """`at_k` at every k of every system: for each what it gives, with k in front."""
    row = _row(systems)
    each = of_system(numbers[0], systems[0], n, solve)
    return row.apart(_jobs(at_k, _stacked(numbers), row, each))


def map_rows(
    at_k: AtK, numbers: Sequence[AtShells], systems: Sequence[System], n: int, solve: Solver
) -> tuple:
    """The same, to be used under vmap, but not to be differentiated.

    Under vmap potentials are walked through as k-points are: memory holds no more Hamiltonians
    at a time, and all devices have work (8 potentials, 61 k, N = 153, 2 cores: 2.3 s, against
    2.8 s with 8 Hamiltonians at a time).
    """
    each = of_system(numbers[0], systems[0], n, solve)

    @custom_vmap
    def over(numbers: AtShells, row: Row) -> Any:
        return _jobs(at_k, numbers, row, each)

    @over.def_vmap
    def over_pairs(many: int, mapped: Any, numbers: AtShells, row: Row) -> Any:
        assert not any(jax.tree.leaves(mapped[1])), "potentials are many, the systems are not"

        def flat(x: Array, of_many: bool) -> Array:
            x = x if of_many else jnp.stack([x] * many)
            return x.reshape(-1, *x.shape[2:])

        found = _jobs(at_k, jax.tree.map(flat, numbers, mapped[0]), row, each)
        found = jax.tree.map(lambda x: x.reshape(many, -1, *x.shape[1:]), found)
        return found, jax.tree.map(lambda x: True, found)

    row = _row(systems)
    return row.apart(over(_stacked(numbers), row))


@pytree
class Row:
    """The k-points of several systems, one after the other.

    Attributes:
        waves: the plane waves at each.
        systems: the systems with plane waves at their first k alone, stacked.
        counts: how many are of each system.
    """

    waves: PlaneWaves
    systems: System
    counts: tuple[int, ...] = static()

    def apart(self, found: Any) -> tuple:
        """What was found along the row, of each system."""
        ends = np.cumsum(self.counts)
        return tuple(
            jax.tree.map(lambda x, i=i, e=e: x[e - i : e], found)
            for i, e in zip(self.counts, ends, strict=True)
        )


def _row(systems: Sequence[System]) -> Row:
    """All k-points of systems that have equal shapes at one."""
    waves = jax.tree.map(lambda *x: jnp.concatenate(x), *(s.waves for s in systems))
    counts = tuple(len(s.waves.K) for s in systems)
    return Row(waves, _stacked([_at_first(s) for s in systems]), counts)


def _jobs(at_k: AtK, numbers: AtShells, row: Row, each: int) -> Any:
    """`at_k` for all numbers along the row; numbers p belong to the system p modulo S."""
    S, P = len(row.counts), len(numbers.v)
    V = jax.lax.map(lambda p: values(_at(numbers, p), _at(row.systems, p % S)), jnp.arange(P))

    def job(waves_and_p: tuple[PlaneWaves, Int[Array, ""]], shared: tuple) -> Any:
        (waves, p), (numbers, V, systems) = waves_and_p, shared
        return at_k(waves, _at(numbers, p), _at(V, p), _at(systems, p % S))

    p = jnp.asarray(np.repeat(np.arange(P), row.counts * (P // S)))
    waves = jax.tree.map(lambda x: jnp.concatenate([x] * (P // S)), row.waves)
    return map_k(job, (waves, p), (numbers, V, row.systems), each)


def _at(tree: Any, i: Int[Array, ""]) -> Any:
    """The `i`-th of all leaves."""
    return jax.tree.map(lambda x: x[i], tree)


def _stacked(trees: Sequence[Any]) -> Any:
    """Trees of equal shapes as one."""
    return jax.tree.map(lambda *x: jnp.stack(x), *trees)
