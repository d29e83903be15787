"""Silicon (PBE, plane waves) along L-Γ-X with GPAW, from the density of a tiny mesh."""

from ase.build import bulk
from gpaw import GPAW, PW

si = bulk("Si", "diamond", a=5.431)
ground = GPAW(
    mode=PW(150),
    gpts=(10, 10, 10),
    xc="PBE",
    kpts={"size": (2, 2, 2), "gamma": True},
    convergence={"density": 1e-6},
    txt=None,
)
si.calc = ground
si.get_potential_energy()
bands = ground.fixed_density(
    kpts={"path": "LGX", "npoints": 5},
    symmetry="off",
    nbands=6,
    convergence={"bands": 5},
    txt="si.txt",
)
bands.write("si.gpw")
bands.band_structure().write("si.json")
