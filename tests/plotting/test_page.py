import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

from nnpp.observables.reports import Report, Row
from nnpp.plotting.history import history_of
from nnpp.plotting.page import NAMES, Page, html, page_bands, table
from nnpp.units import HARTREE_EV
from tests.plotting.samples import along, cosines, curves, dos, picture, unlabelled

FULL = {"reference": cosines(along()), "dos": dos(), "notes": ("1 < 2",)}
STEPS = [{"step": i, "loss_ev2": 4.0 / (i + 1), "rms_mev": 90.0 / (i + 1)} for i in range(4)]
ROW = Row("m electron Γ", "mₑ", 0.1091, None, "target", 0.094, None, "")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)

PROBE = """
<script>addEventListener("load", () => setTimeout(() => {
  const svg = document.querySelector(".chart svg"), box = svg.getBoundingClientRect();
  const dot = svg.querySelector("circle.filled").getBoundingClientRect();
  const at = {clientX: dot.left + dot.width / 2, clientY: dot.top + dot.height / 2};
  svg.dispatchEvent(new PointerEvent("pointermove", at));
  document.body.dataset.tip = document.querySelector(".tip").textContent;
  document.body.dataset.wide = document.documentElement.scrollWidth;
  document.querySelector(".legend button").click();
  document.body.dataset.lines = svg.querySelectorAll("path.line").length;
}, 200));</script>
"""


def page_of_run(**changes) -> Page:
    """A page with every section."""
    both = (picture(**FULL), picture(bands=cosines(unlabelled())))
    known = {
        "pictures": both,
        "curves": curves(curves(depth=50.0)),
        "history": history_of(STEPS, "run"),
        "rmse_mev": {"a <crystal>": np.array([1.0, 20.0])},
        "error_heads": ("k-points", "valence top"),
        "errors": [("a <crystal>, fitted", "61", "12.5")],
        "reports": (Report("a <crystal>", (ROW,), ("a note",)),),
        "facts": (("Elements", "Cd, Se"),),
        "files": (("zb/bands.csv", "1.0 kB", "bands"),),
    }
    return Page("run", **(known | changes))


class Parts(HTMLParser):
    """Identifiers, addresses and charts of a page; every element must be closed."""

    EMPTY = ("meta", "link", "br", "option")

    def __init__(self, text: str):
        super().__init__()
        self.ids, self.addresses, self.open = [], [], []
        self.feed(text)
        self.close()
        data = re.search(r'id="charts">(.*?)</script>', text, re.S)
        self.charts = json.loads(data[1]) if data else {}

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        self.ids += [known["id"]] if "id" in known else []
        self.addresses += [known[x] for x in ("src", "href") if x in known]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag


def test_a_page_has_every_section_and_needs_no_network():
    text = html(page_of_run())
    parts = Parts(text)
    assert not parts.open
    assert [x for x in parts.ids if x in NAMES] == list(NAMES)
    assert parts.addresses == [*(f"#{x}" for x in NAMES), "zb/bands.csv"]
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", text.replace("// ", ""))
    assert len(text.encode()) < 2e5
    assert "a &lt;crystal&gt;" in text and "a <crystal>" not in text.split("</main>")[0]
    assert set(parts.charts) == {"bands-0", "bands-1", "v-q", "v-r", "errors", "history"}


def test_an_empty_part_has_no_section():
    text = html(Page("run", missing="nnpp report results/run"))
    assert [x for x in Parts(text).ids if x in NAMES] == ["numbers"]
    assert "<code>nnpp report results/run</code>" in text


def test_energies_of_a_chart_are_those_of_the_bands():
    shown = picture(**FULL)
    chart = Parts(page_bands(shown)).charts["bands-0"]
    valence, conduction, reference, *_ = chart["series"]
    E = np.asarray(shown.bands.E) * HARTREE_EV
    drawn = np.array(valence["y"] + conduction["y"]).T + E[:, :2].max()
    assert drawn == pytest.approx(E, abs=1e-5)
    assert (valence["first"], conduction["first"]) == (1, 3)
    assert valence["breaks"] == [i for i, x in enumerate(along().labels) if x == "K"]
    assert reference["name"] == "reference"
    assert chart["panels"][1]["label"] == "states/eV"
    assert chart["y"]["full"][0] < chart["y"]["range"][0]


def test_points_that_were_not_fitted_are_a_series_of_their_own():
    held = np.arange(len(along())) % 3 == 0
    chart = Parts(page_bands(picture(reference=cosines(along()), not_fitted=held))).charts
    names = {s["name"]: s for s in chart["bands-0"]["series"]}
    assert names["reference, not fitted"]["kind"] == "diamonds"
    counts = [len(names[n]["x"]) for n in ("reference", "reference, not fitted")]
    assert counts[1] < counts[0]


def test_a_page_depends_on_its_data_alone():
    page = page_bands(picture(**FULL), curves(curves(depth=50.0)))
    assert page_bands(picture(**FULL), curves(curves(depth=50.0))) == page
    changed = FULL | {"reference": cosines(along(30))}
    assert page_bands(picture(**changed)) != page


def test_the_table_contains_the_gaps():
    rows = dict(table(picture(reference=cosines(along()))))
    assert rows["Gap"] == rows["Gap of reference"] == "1.90 eV, direct at Γ"
    assert rows["Bands"] == "4, of which 2 occupied, two electrons each"


@pytest.mark.slow
def test_the_page_in_a_browser(tmp_path):
    """Charts are drawn, a level is read, a name hides its curves, nothing is too wide."""
    if not CHROMIUM:
        pytest.skip("needs Chromium")
    shown = page_of_run(pictures=(picture(),))
    (tmp_path / "page.html").write_text(
        html(shown).replace("</body>", PROBE + "</body>"), "utf-8"
    )
    words = "--headless=new --no-sandbox --disable-gpu --virtual-time-budget=2000 --dump-dom"
    size, profile = "--window-size=500,900", f"--user-data-dir={tmp_path / 'profile'}"
    address = (tmp_path / "page.html").as_uri()
    command = [CHROMIUM, *words.split(), size, profile, address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    body = re.search(r"<body ([^>]*)>", done.stdout)
    assert body, done.stderr
    found = dict(re.findall(r'data-(\w+)="([^"]*)"', body[1]))
    assert found["tip"] == "band 2: 0.000 eV at k = Γ (0, 0, 0)"
    assert int(found["wide"]) <= 500
    assert found["lines"] == "2", "two bands remain of four after `valence` is hidden"
