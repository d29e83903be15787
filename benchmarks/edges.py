"""Can GaAs have the experimental mass and deformation potentials, and at what cost?

The bands of GLLB-SC with the empty ones raised to the measured gap are fitted, as in III-V. The
fit then continues with and without m*, dE_c/d ln Ω and dE_v/d ln Ω of experiment as targets.

    python -m benchmarks edges       some ten minutes on two cores
"""

import csv
import json
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.fits import shipped
from benchmarks.process import ran
from benchmarks.record import record
from nnpp.observables.experiment import EXPERIMENT

FIRST, THEN = 100, 60
"""Steps of the first fit, and of the two that continue it."""

WEIGHTS = "weights: {bands: [%s]}"
EDGES = WEIGHTS % "1, 1, 1, 1, 1, 1, 10, 10, 15, 15, 1, 1, 1, 1, 1, 1"
EVEN = WEIGHTS % "3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 3, 3, 3, 3, 3, 3"

TARGETS = """\
      - {kind: electron_mass, value: %(electron_mass)s me, weight: 300}
      - {kind: conduction_by_volume, value: %(conduction_by_volume)s eV, weight: 1}
      - {kind: valence_by_volume, value: %(valence_by_volume)s eV, weight: 10}
"""


def run() -> None:
    """Run three fits and print their results."""
    known = {key: one.value for key, one in EXPERIMENT["GaAs"].items()}
    with tempfile.TemporaryDirectory() as place:
        to = Path(place)
        first = _fit(to, "first", _text(""), FIRST)
        model = f"potential:\n  kind: model\n  file: {first}\n  train: {PARTS}\n\n"
        found = {}
        for name, targets in {"without": "", "with": TARGETS % known}.items():
            text = _text(targets).replace(EDGES, EVEN).replace("1.0e-4}", "1.0e-6}", 1)
            start, end = text.index("potential:"), text.index("fit:")
            folder = _fit(to, name, text[:start] + model + text[end:], THEN)
            found[name] = _numbers(name, folder)
    cost = found["with"]["all bands/meV"] / found["without"]["all bands/meV"]
    print(f"  the errors of the bands grow by a factor of {cost:.2f}")
    record("edges", found)


PARTS = "[local, nonlocal, s_wave, spin_orbit, strain]"


def _text(targets: str) -> str:
    """Return a fit of unstrained GaAs alone, with these targets and the gap of III-V."""
    text = shipped("III-V")
    start = text.index("  - name: GaAs\n")
    end = text.index("  - name: GaAs-0.99\n")
    lines = text[start:end].splitlines(keepends=True)
    system = "".join(line for line in lines if "electron_mass" not in line)
    assert EDGES in system and "1.5190 eV" in system
    rest = text[text.index("potential:\n") :]
    for other in ("In", "P"):
        at = rest.index(f"    {other}:\n")
        rest = rest[:at] + rest[rest.index("strain: [0.0, 0.0]\n", at) + 19 :]
    return "systems:\n" + system + targets + "\n" + rest


def _fit(to: Path, name: str, text: str, steps: int) -> Path:
    """Run a fit and return the folder of its run."""
    (to / name).mkdir()
    (to / name / "fit.yaml").write_text(text, "utf-8")
    done = ran(
        "-m", "nnpp.cli.app", "fit", str(to / name), "--steps", str(steps), "--out",
        str(to / "results"),
    )  # fmt: skip
    folder = to / "results" / name
    assert (folder / "summary.json").is_file(), done.output
    return folder


def _numbers(name: str, folder: Path) -> dict[str, float]:
    """Return the error of all bands [meV] and the numbers of the report."""
    ran("-m", "nnpp.cli.app", "report", str(folder), "--out", str(folder.parent))
    (system,) = json.loads((folder / "summary.json").read_text())["systems"].values()
    numbers = {"all bands/meV": float(np.sqrt(np.mean(np.square(system["rmse_mev"]))))}
    with (folder / "report.csv").open(encoding="utf-8") as file:
        numbers |= {
            row["quantity"]: float(row["nnpp"] or "nan") for row in csv.DictReader(file)
        }
    print(f"  {name}: " + ", ".join(f"{k} {x:.4g}" for k, x in numbers.items()), flush=True)
    return {k: round(x, 4) for k, x in numbers.items()}
