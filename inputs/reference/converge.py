"""Convergence of gaps with cutoff and k-points: convergence.png and its numbers.

    python inputs/reference/converge.py FOLDER

reads FOLDER/cut300 … and FOLDER/mesh4 …, which with_gpaw.py wrote with those cutoffs [eV] and
meshes, and draws how far the gap without spin is from that of the largest.
"""

import argparse
import json
import re
from pathlib import Path

import matplotlib.pyplot as plt

HERE = Path(__file__).parent
SWEEPS = {"cut": "cutoff (eV)", "mesh": "k-points along each direction"}
AIM_MEV = 20.0


def main() -> None:
    """Read the numbers, write and draw them."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("folder", type=Path)
    folder = words.parse_args().folder
    found = {sweep: gaps(folder, sweep) for sweep in SWEEPS}
    (HERE / "convergence.json").write_text(json.dumps(found, indent=1) + "\n")
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.8), sharey=True, layout="constrained")
    for ax, (sweep, label) in zip(axes, SWEEPS.items(), strict=True):
        for marker, (name, points) in zip("os^", found[sweep].items(), strict=True):
            *x, _ = sorted(map(float, points))
            best = points[f"{max(map(float, points)):g}"]
            ax.semilogy(
                x, [1e3 * abs(points[f"{v:g}"] - best) for v in x], marker + "-", label=name
            )
        ax.axhline(AIM_MEV, color="0.6", linestyle="--", linewidth=0.8)
        ax.set_xlabel(label)
        ax.set_xticks(x)
    axes[0].set_ylabel("|gap − its limit| (meV)")
    axes[1].legend(frameon=False)
    fig.savefig(HERE / "convergence.png", dpi=150)


def gaps(folder: Path, sweep: str) -> dict[str, dict[str, float]]:
    """Return gaps without spin, with the discontinuity [eV], at each setting."""
    found: dict[str, dict[str, float]] = {}
    for place in sorted(folder.glob(f"{sweep}[0-9]*")):
        setting = re.sub(r"\D", "", place.name)
        for file in sorted(place.glob("*.about.json")):
            about = json.loads(file.read_text())
            gap = about["gap_without_spin_ev"] + about["discontinuity_ev"]
            found.setdefault(file.name.split("_")[0], {})[setting] = round(gap, 5)
    return found


if __name__ == "__main__":
    main()
