"""How much memory do the projectors of all atoms take at one k-point?"""

import jax

from benchmarks.crystals import perovskite
from benchmarks.process import verdict
from nnpp.basis.rules import SPHERE
from nnpp.hamiltonian.bulk import frame, system
from nnpp.structures.kpoints import listed


def run() -> None:
    """Print the projectors of CsPbI3 at 10 hartree."""
    crystal = perovskite()
    s = system(crystal, listed(crystal, [[0.5, 0.5, 0.5]]), 10.0, SPHERE)
    waves = jax.tree.map(lambda x: x[0], s.waves)
    total = 0.0
    made = frame(waves, s).B
    kinds = [
        (term, radial, B)
        for term in ("spin_orbit", "nonlocal")
        for radial, B in zip(s.radial[term], made[term], strict=True)
    ]
    for name, radial, B in kinds:
        assert isinstance(B, jax.Array), "small enough to be stored"
        total += B.nbytes / 1e6
        nodes, rank = radial.A.shape
        print(f"  {name:10} {nodes} nodes, rank {rank}, {B.nbytes / 1e6:.1f} MB")
    print(f"  {'together':10} {total:.1f} MB, {verdict(total, 50)}; N = {waves.K.shape[0]}")
