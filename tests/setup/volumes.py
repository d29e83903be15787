"""A fit of zb-CdSe at three volumes to the reference files, as text and as prepared systems."""

from pathlib import Path

from nnpp.config.inputs import read_inputs
from nnpp.setup.cases import Case
from nnpp.setup.prepare import prepare

REFERENCES = Path(__file__).parents[2] / "inputs" / "reference"

SYSTEM = """\
  - name: zb-{volume}
    structure:
      scale: {scale} bohr
      cell: [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
      atoms: [[Cd, 0, 0, 0], [Se, 0.25, 0.25, 0.25]]
    dilation: {dilation}
    cutoff: 2 hartree
    reference: {{file: {file}, take: {take}{more}}}
    zero: {zero}
    weights: {{bands: {weights}}}
    targets: {targets}
"""

POTENTIAL = """\
potential:
  kind: zunger
  elements:
    Cd: {local: [-31.4518, 1.3890, -0.0502, 1.6603], spin_orbit: 1.0}
    Se: {local: [8.4921, 4.3513, 1.3600, 0.3227], spin_orbit: 0.8}
fit: {steps: 1}
"""

SCALES = {"0.99": 11.4102381234, "1.00": 11.4485278, "1.01": 11.4865630555}

EVEN = [1] * 16


def system(volume: str = "1.00", **changes) -> str:
    """One system; `changes` replace fields of `SYSTEM`, `more` is added to the reference."""
    values = {
        "zero": "absolute", "weights": EVEN, "targets": "[]", "take": "named", "more": "",
        "file": REFERENCES / "zb-CdSe" / f"{volume}.h5",
        "dilation": f"{float(volume) - 1:.2f}", "scale": SCALES[volume],
    }  # fmt: skip
    return SYSTEM.format(volume=volume, **values | changes)


def cases(folder: Path, *systems: str) -> list[Case]:
    """The systems of a fit in this folder."""
    folder.mkdir(exist_ok=True)
    (folder / "fit.yaml").write_text("systems:\n" + "".join(systems) + POTENTIAL, "utf-8")
    return prepare(read_inputs(folder))
