"""In a terminal of 80 columns: a header first, lines that fit, and no long silence."""

import pytest

from tests.cli.terminal import COLUMNS, shown

LONGEST = 3.0
"""Longest time without output [s]."""

FIRST = 4.0
"""Time until the header; most of it is the start of Python on a busy machine [s]."""

slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("words", "header"),
    [
        (("bands", "tiny"), "bands: tiny, 1 system (zb), cutoff 3 hartree"),
        pytest.param(
            ("optics", "tiny", "--mesh", "2x2x2", "--bands", "8"),
            "optics: tiny, 1 system (zb), cutoff 3 hartree",
            marks=slow,
        ),
        pytest.param(("report", "tiny"), "report: tiny, 1 system (zb)", marks=slow),
        pytest.param(("fit", "fitted"), "fit: fitted, 1 system (zb)", marks=slow),
    ],
)
def test_output_of_a_command(tiny, fitted, words, header):
    done = shown(*words, folder=tiny.parent)
    assert done.code == 0, done.text
    assert done.lines[0].startswith(header)
    assert max(map(len, done.lines)) <= COLUMNS
    longest, before = done.pauses[0]
    assert longest <= LONGEST, f"{longest:.1f} s before {before}"
    assert done.chunks[0][0] <= FIRST
    assert any(line.endswith(".json") or "wrote" in line for line in done.lines)


@pytest.fixture
def fitted(tiny):
    """A small fit with a reference, next to the one without."""
    from tests.cli.samples import CSV, TINY, write_tiny

    text = TINY.replace(
        'kpoints: {path: "L Γ X U|K Γ", points: 12}', "reference: reference.csv"
    )
    folder = write_tiny(tiny.parent / "fitted", text + "fit: {steps: 2}\n")
    (folder / "reference.csv").write_text(CSV, encoding="utf-8")
    return folder


def test_an_error_leaves_no_live_line(tiny):
    done = shown("bands", "tiny", "--path", "Γ", folder=tiny.parent)
    assert done.code == 2 and done.lines[-1].startswith("nnpp: ")
