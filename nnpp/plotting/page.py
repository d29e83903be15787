"""One self-contained HTML page of a band structure: open it anywhere, without a network."""

import json
from html import escape

from nnpp.errors import InputError
from nnpp.observables.gaps import Gap
from nnpp.plotting.abscissa import abscissa, named
from nnpp.plotting.picture import BandPicture, gap_words, remarks
from nnpp.plotting.potential import PotentialCurves
from nnpp.plotting.web_bands import plot_bands
from nnpp.plotting.web_potential import plots_potential
from nnpp.plotting.web_style import SCREEN, Plot
from nnpp.units import HARTREE_EV

HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
<style>
"""
"""What every page begins with; its style follows."""

PAGE = (
    HEAD
    + """\
body {{ margin: 0 auto; padding: 12px; max-width: 1040px; background: white; color: #222;
       font: 15px/1.45 system-ui, sans-serif; }}
h1, h2 {{ font-size: 1.2rem; margin: 4px 0 8px; overflow-wrap: anywhere; }}
table {{ border-collapse: collapse; margin: 8px 0; }}
th, td {{ text-align: left; vertical-align: top; padding: 3px 14px 3px 0; font-weight: normal;
         border-bottom: 1px solid #ddd; }}
th {{ color: #555; }}
p {{ color: #555; margin: 6px 0; }}
#bands {{ height: 600px; }}
.pair {{ display: flex; flex-wrap: wrap; }}
.pair > div {{ flex: 1 1 330px; min-width: 0; height: 400px; }}
</style>
<script>{library}</script>
</head>
<body>
<h1>{title}</h1>
<div id="bands"></div>
<table>
{rows}
</table>
{notes}
{potential}
<script>
{calls}
</script>
</body>
</html>
"""
)
POTENTIAL = """<h2>{title}</h2>
<div class="pair"><div id="v-q"></div><div id="v-r"></div></div>
<p>{meaning}</p>"""


def page_bands(picture: BandPicture, curves: PotentialCurves | None = None) -> str:
    """Write bands, density of states, a table and the potential into one HTML text."""
    notes = remarks(picture, abscissa(picture.bands.kpoints))
    rows = (
        f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in table(picture)
    )
    plots = {"bands": plot_bands(picture)}
    plots |= {} if curves is None else plots_potential(curves)
    return PAGE.format(
        title=escape(picture.title),
        library=_library(),
        rows="\n".join(rows),
        notes="\n".join(f"<p>{escape(note)}</p>" for note in notes),
        potential="" if curves is None else _potential(curves),
        calls="\n".join(_call(name, plot) for name, plot in plots.items()),
    )


def table(picture: BandPicture) -> list[tuple[str, str]]:
    """What the page tells in numbers: names and values, energies absolute."""
    bands = picture.bands
    _, count = bands.E.shape
    electrons = "one electron" if bands.spinor else "two electrons"
    rows = [
        ("Bands", f"{count}, of which {bands.occupied} occupied, {electrons} each"),
        ("k-points", str(len(bands.kpoints))),
    ]
    return [*([] if picture.gap is None else _edges(picture, picture.gap)), *rows]


def _edges(picture: BandPicture, gap: Gap) -> list[tuple[str, str]]:
    """The rows of the table that a gap fills."""
    kpoints, axis = picture.bands.kpoints, abscissa(picture.bands.kpoints)
    top, bottom = named(kpoints, axis, gap.at_vbm), named(kpoints, axis, gap.at_cbm)
    return [
        ("Gap", ", ".join(gap_words(picture, axis))),
        ("Valence band maximum", f"{gap.vbm * HARTREE_EV:.3f} eV (absolute), {top}"),
        ("Conduction band minimum", f"{gap.cbm * HARTREE_EV:.3f} eV (absolute), {bottom}"),
    ]


def _potential(curves: PotentialCurves) -> str:
    """Room for v(q) and v(r), side by side where the screen is wide enough."""
    meaning = [f"solid: {curves.name}"]
    meaning += [] if curves.reference is None else [f"dashed: {curves.reference.name}"]
    meaning += ["dots: the lengths |G − G′| of the crystals"] if curves.shells else []
    return POTENTIAL.format(title=escape(curves.title), meaning=escape("; ".join(meaning)))


def _call(name: str, plot: Plot) -> str:
    """The line of script that draws one plot into the part of the page called `name`."""
    told = (json.dumps(value) for value in (name, plot["data"], plot["layout"], SCREEN))
    return f"Plotly.newPlot({', '.join(told)});".replace("</", "<\\/")


def _library() -> str:
    """Plotly.js itself, so that the page asks nothing of the network."""
    try:
        from plotly.offline import get_plotlyjs
    except ModuleNotFoundError as missing:
        raise InputError("plotly is not installed", "pip install 'nnpp[html]'") from missing
    return get_plotlyjs()
