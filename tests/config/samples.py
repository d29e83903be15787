"""A small valid folder of each kind, for tests to change."""

from pathlib import Path

import numpy as np

from nnpp.errors import InputError

FIT = """\
title: Zinc-blende CdSe
systems:
  - name: zb-CdSe
    structure: zb-CdSe.vasp
    cutoff: 5 hartree
    bands: 8
    electrons: 8
    kpoints: reference
    reference: reference.csv
    zero: {band: 4, kpoint: 2}
    weights:
      bands: [1, 1, 1, 20, 20, 1, 1, 1]
      kpoints: [10, 1]
      windows: [{from: -1 eV, to: 2 eV, weight: 5}]
    targets:
      - {kind: gap, value: 1.74 eV, weight: 5}
  - name: inline
    structure:
      scale: 6.0583 angstrom
      cell: [[0, .5, .5], [.5, 0, .5], [.5, .5, 0]]
      atoms:
        - [Cd, .125, .125, .125]
        - [Se, -.125, -.125, -.125]
    cutoff: 10 Ry
    kpoints: {path: "L-G-X U|K GAMMA", points: 12}
potential:
  kind: neural
  elements:
    Cd: {local: [-31.4518, 1.3890, -0.0502, 1.6603], strain: [0.0586, 0]}
    Se: {local: [8.4921, 4.3513, 1.3600, 0.3227], strain: [0.1746, 0], nonlocal: [0.1, 0.2]}
  train: [local, nonlocal]
  network: {hidden: [4], features: {kind: radial, width: 0.3}}
  envelope: {kind: sigmoid, rate: 1.5, center: 5}
fit:
  method: lm
  steps: 60
  tolerance: 1e-6
  schedule: {kind: exponential, decay: 0.9, every: 20}
  hold_out: 0.1
"""

VASP = """\
CdSe
6.0583
0 .5 .5
.5 0 .5
.5 .5 0
Cd Se
1 1
Direct
.125 .125 .125
-.125 -.125 -.125
"""

CSV = """\
k,k1,k2,k3,distance,label,E1,E2,E3,E4,E5,E6,E7,E8
1,0.5,0.5,0.5,0.0,L,-19.9,-9.0,-6.6,-6.6,-2.2,1.4,1.4,3.3
2,0.0,0.0,0.0,0.475,Γ,-20.1,-6.3,-6.3,-6.3,-4.4,1.3,1.3,1.3
"""

OLDER = {
    "NN_config.par": """\
# settings of DeePseudopot
nSystem = 1
hiddenLayers = 20 20
PPmodel = Net_relu_xavier_decayGaussian
PPmodel_gaussian_std = 1.5
optimizer_lr = 5.0d-3   # Fortran is understood
scheduler_gamma = 0.90
schedulerStep = 20
max_num_epochs = 200
num_cores = 4
""",
    "system_0.par": """\
scale = 11.4485278

cell
0.0 0.5 0.5
0.5 0.0 0.5
0.5 0.5 0.0

atoms
Cd 0.125 0.125 0.125
Se -0.125 -0.125 -0.125
""",
    "input_0.par": "maxKE = 5\nnBands = 4\nidxVB = 7\n",
    "kpoints_0.par": "0.5 0.5 0.5 10.0\n0.0 0.0 0.0 1.0\n",
    "expBandStruct_0.par": "0.0 -19.9 -19.9 -9.0 -9.0\n0.5 -20.1 -20.1 -6.3 -6.3\n",
    "bandWeights_0.par": "1.0\n1.0\n2.0\n2.0\n",
    "init_CdParams.par": "-31.4518\n1.3890\n-0.0502\n1.6603\n0.0586\n",
    "init_SeParams.par": "8.4921\n4.3513\n1.36\n0.3227\n0.5\n1.2\n0.1\n0.2\n0.1746\n",
}


def write_fit(folder: Path, **replaced: str) -> Path:
    """Write a valid fit.yaml and its files; `replaced` has other contents by stem."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"fit": ("fit.yaml", FIT), "structure": ("zb-CdSe.vasp", VASP)}
    files["reference"] = ("reference.csv", CSV)
    for stem, (name, text) in files.items():
        (folder / name).write_text(replaced.get(stem, text), encoding="utf-8")
    return folder


def write_older(folder: Path, **settings: str) -> Path:
    """Write a valid folder of DeePseudopot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (OLDER | settings).items():
        (folder / name).write_text(text)
    return folder


def spoil(path: Path, old: str, new: str) -> None:
    """Replace a text in a file, which must contain it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files in a folder."""
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def assert_error(error: InputError, name: str, line: int | None, words: str) -> None:
    """Check for one line: file, line, what is wrong, and after a semicolon what to do."""
    message = str(error)
    assert "\n" not in message
    place = f"{name}:" if line is None else f"{name}:{line}:"
    assert place in message, message
    assert words in message, message
    assert message.partition(";")[2].strip(), message


def levels(k: int, n: int) -> np.ndarray:
    """Return levels in ascending order [hartree]."""
    rng = np.random.default_rng(1)
    return np.sort(rng.normal(size=(k, n)), axis=1)
