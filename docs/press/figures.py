"""Draw the figures of README.md and the documentation from committed results.

    python docs/press/figures.py

reads results/reference and benchmarks/results and writes docs/images/*.png. Run it after
`python -m benchmarks reference` or `python -m benchmarks dft`. It does not write
docs/images/report.png: that is the page of the fit zb-CdSe in a browser 1000 pixels wide, as
`chromium --headless --screenshot` shows it.
"""

import json
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
IMAGES = ROOT / "docs" / "images"

COLOURS = 64
"""Colours of a picture: lines and text need no more, and the file is small."""

COPIED = {
    "errors.png": "III-V/errors.png",
    "history.png": "zb-CdSe/history.png",
    "potential.png": "III-V/potential.png",
    "self-check.png": "self-check/zb-CdSe/bands.png",
}


def main() -> None:
    """Write all figures."""
    IMAGES.mkdir(exist_ok=True)
    side_by_side(
        [REFERENCE / "zb-CdSe/zb-CdSe/bands.png", IMAGES / "report.png"],
        IMAGES / "bands.png",
        height=620,
    )
    for name, source in COPIED.items():
        side_by_side([REFERENCE / source], IMAGES / name, height=560)
    scaling = Image.open(ROOT / "benchmarks" / "results" / "scaling.png")
    slim(
        scaling.resize((1200, round(1200 * scaling.height / scaling.width))),
        IMAGES / "scaling.png",
    )
    accuracy(IMAGES / "accuracy.png")


def side_by_side(sources: list[Path], to: Path, height: int) -> None:
    """Write the pictures next to each other, each `height` pixels high."""
    opened = [Image.open(source).convert("RGB") for source in sources]
    scaled = [
        picture.resize((round(picture.width * height / picture.height), height))
        for picture in opened
    ]
    sheet = Image.new("RGB", (sum(p.width for p in scaled), height), "white")
    x = 0
    for picture in scaled:
        sheet.paste(picture, (x, 0))
        x += picture.width
    slim(sheet, to)


def slim(picture: Image.Image, to: Path) -> None:
    """Save a picture with few colours."""
    few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(to, optimize=True)


def accuracy(to: Path) -> None:
    """Draw the errors of five bands: the network, and Zunger's form with all other terms."""
    newest = json.loads((ROOT / "benchmarks/results/dft.json").read_text("utf-8"))[-1][
        "results"
    ]
    pairs = ("VB3", "VB2", "VB1", "CB1", "CB2")
    fig = Figure(figsize=(8.4, 2.6), layout="constrained")
    axes = fig.subplots(1, 4, sharey=True)
    for ax, name in zip(axes, ("InAs", "InP", "GaAs", "GaP"), strict=True):
        for fit, shift, colour, label in (
            ("III-V", -0.2, "#0072B2", "network"),
            ("III-V-zunger", 0.2, "#D55E00", "Zunger's form"),
        ):
            heights = [newest[f"{fit}/{name}"][pair] for pair in pairs]
            places = [i + shift for i in range(len(pairs))]
            ax.bar(places, heights, 0.38, color=colour, label=label)
        ax.set_title(name, fontsize=10)
        ax.set_xticks(range(len(pairs)), pairs, fontsize=8)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("RMS error (meV)")
    axes[0].legend(frameon=False, fontsize=8, loc="upper left")
    fig.savefig(to, dpi=130)
    slim(Image.open(to), to)


if __name__ == "__main__":
    main()
