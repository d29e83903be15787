import re
import zlib

import matplotlib as mpl
import pytest

from nnpp.plotting.bands import figure_bands
from nnpp.plotting.potential import figure_potential
from nnpp.plotting.style import image
from tests.plotting.samples import along, cosines, curves, dos, picture

FIGURES = {
    "bands": lambda: figure_bands(picture(reference=cosines(along()), dos=dos())),
    "potential": lambda: figure_potential(curves(curves(depth=50.0))),
}


OTHERS = {
    "bands": lambda: figure_bands(picture(reference=cosines(along(30)), dos=dos())),
    "potential": lambda: figure_potential(curves(curves(depth=49.0))),
}
"""The same figures with other data."""


@pytest.mark.parametrize("kind", ["png", "pdf"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_depends_on_its_data_alone(name, kind, monkeypatch):
    """Neither the day nor the settings of a user change it; other data do."""
    drawn = image(FIGURES[name](), kind)
    monkeypatch.setattr("time.time", lambda: 1e9)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    with mpl.rc_context({"lines.linewidth": 9.0, "axes.grid": True, "axes.facecolor": "red"}):
        assert image(FIGURES[name](), kind) == drawn
    assert image(OTHERS[name](), kind) != drawn


def test_a_pdf_embeds_truetype_and_carries_no_date():
    pdf = image(FIGURES["bands"](), "pdf")
    streams = [
        zlib.decompress(s) for s in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", pdf, re.S)
    ]
    assert b"/Subtype /CIDFontType2" in pdf
    assert b"/Type3" not in b"".join([pdf, *streams])
    assert b"CreationDate" not in pdf


def test_drawing_leaves_the_settings_of_others_alone():
    before = dict(mpl.rcParams)
    image(FIGURES["potential"](), "png")
    assert dict(mpl.rcParams) == before


def test_the_figure_fits_a_column():
    assert figure_bands(picture()).get_size_inches()[0] == pytest.approx(3.4)
