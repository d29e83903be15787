import re
import sys

import plotly.graph_objects as go
import pytest

from nnpp.errors import InputError
from nnpp.plotting.page import page_bands, table
from nnpp.plotting.plotly_figures import SCREEN, plot_bands, plots_potential
from tests.plotting.samples import along, cosines, curves, dos, picture, unlabelled

FULL = {"reference": cosines(along()), "dos": dos(), "notes": ("1 < 2",)}


def test_the_page_asks_nothing_of_the_network():
    page = page_bands(picture(**FULL), curves(curves(depth=50.0)))
    own = re.sub(r"<script>/\*\*.*?</script>", "", page, flags=re.S)
    assert not re.search(r"<(script|link|img|iframe)\b[^>]*(src|href)", page)
    assert len(page) > 3e6 > 3e5 > len(own)
    assert "http" not in own
    assert SCREEN["showSendToCloud"] is False


def test_the_page_names_its_title_and_its_notes_without_reading_them_as_html():
    page = page_bands(picture(**FULL))
    assert "<h1>a &lt;crystal&gt; of cosines</h1>" in page
    assert "<p>1 &lt; 2</p>" in page


def test_a_page_depends_on_its_data_alone(monkeypatch):
    """Neither the day nor random names of figures are on it; other data give another page."""
    page = page_bands(picture(**FULL))
    monkeypatch.setattr("time.time", lambda: 1e9)
    monkeypatch.setattr("uuid.uuid4", lambda: "an identifier")
    assert page_bands(picture(**FULL)) == page
    changed = FULL | {"reference": cosines(along(30))}
    assert page_bands(picture(**changed)) != page


@pytest.mark.parametrize("changes", [{}, FULL, {"bands": cosines(unlabelled())}], ids=range(3))
def test_plotly_knows_every_word_of_the_band_figure(changes):
    figure = go.Figure(plot_bands(picture(**changes)))
    assert len(figure.data) >= 5


def test_plotly_knows_every_word_of_the_potential():
    for plot in plots_potential(curves(curves(depth=50.0))).values():
        assert len(go.Figure(plot).data) >= 4


def test_every_band_is_broken_at_the_jump_and_tells_its_number():
    (first, *_) = plot_bands(picture())["data"]
    assert [first["text"][i - 1][0] + first["text"][i + 1][0] for i in holes(first)] == ["UK"]
    assert "band 1" in first["hovertemplate"]


def holes(trace: dict) -> list[int]:
    """Where a trace is broken."""
    return [i for i, y in enumerate(trace["y"]) if y is None]


def test_the_table_tells_the_gap():
    rows = dict(table(picture()))
    assert rows["Gap"] == "1.90 eV, direct at Γ"
    assert rows["Bands"] == "4, of which 2 occupied, two electrons each"


def test_without_plotly_the_page_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    with pytest.raises(InputError, match=r"nnpp\[html\]"):
        page_bands(picture())
