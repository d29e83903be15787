from dataclasses import replace
from itertools import combinations

import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from nnpp.errors import InputError
from nnpp.observables.bands import Bands
from nnpp.plotting.abscissa import abscissa
from nnpp.plotting.bands import figure_bands, thinned
from nnpp.plotting.fat import figure_fat
from nnpp.plotting.overlay import figure_overlay, same_path
from nnpp.plotting.picture import (
    BandPicture,
    deep_window_ev,
    distinct,
    full_window_ev,
    levels_ev,
    window_ev,
)
from nnpp.plotting.potential import figure_potential
from nnpp.plotting.style import CONDUCTION, GREEN, PALETTE, VALENCE, Print, image
from nnpp.structures.kpoints import listed
from nnpp.units import HARTREE_EV
from tests.plotting.samples import GAP_EV, TOP, along, cosines, curves, dos, picture, unlabelled
from tests.systems import zincblende


def lines(figure: Figure, *colours: str) -> list:
    """The lines of the first frame that have one of these colours."""
    return [line for line in figure.axes[0].lines if line.get_color() in colours]


def dots(figure: Figure, face: str) -> list:
    """The markers of the first frame that are filled like this."""
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    return [line for line in marks if line.get_markerfacecolor() == face]


def words(figure: Figure) -> list[str]:
    """Every legend entry."""
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_labels_and_vertical_lines_stand_at_the_same_places():
    ax, axis = figure_bands(picture(window_ev=(-20.0, 8.0))).axes[0], abscissa(along())
    assert [t.get_text() for t in ax.get_xticklabels()] == ["L", "Γ", "X", "U|K", "Γ"]
    upright = [
        x[0] for x in (line.get_xdata() for line in ax.lines) if len(x) == 2 and x[0] == x[1]
    ]
    assert upright == pytest.approx(list(axis.ticks))


def test_no_line_crosses_a_jump_and_every_level_is_drawn():
    drawn, axis = lines(figure_bands(picture()), VALENCE, CONDUCTION), abscissa(along())
    place = axis.ticks[3]
    spans = [(line.get_xdata().min(), line.get_xdata().max()) for line in drawn]
    assert all(b <= place or a >= place for a, b in spans)
    assert sum(len(line.get_xdata()) for line in drawn) == 4 * len(axis.x)


@pytest.mark.parametrize(("zero", "top"), [("vbm", 0.0), ("absolute", TOP * HARTREE_EV)])
def test_the_valence_top_lies_at_the_zero_or_where_it_is(zero, top):
    drawn = lines(figure_bands(picture(zero=zero)), VALENCE)
    assert max(line.get_ydata().max() for line in drawn) == pytest.approx(top)


@pytest.mark.parametrize(
    ("lowest", "message"),
    [(None, "direct at Γ"), (along().labels.index("X"), "indirect, Γ → X")],
    ids=["direct", "indirect"],
)
def test_the_gap_is_reported_and_its_edges_are_marked(lowest, message):
    figure = figure_bands(picture(bands=cosines(along(), lowest)))
    assert words(figure) == [rf"$E_\mathrm{{g}}$ = {GAP_EV:.2f} eV, {message}"]
    assert set(np.round(dots(figure, GREEN)[0].get_ydata(), 6)) == {0.0, GAP_EV}


def test_a_doubled_reference_is_drawn_once_per_level_from_its_own_top():
    lower = cosines(along())
    lower = Bands(lower.kpoints, lower.E - 0.4, lower.occupied, lower.spinor)
    figure = figure_bands(picture(reference=lower.doubled()))
    circles = dots(figure, "none")
    assert len(circles) == 4
    assert max(line.get_ydata().max() for line in circles[:2]) == pytest.approx(0.0)
    assert "reference" in words(figure)


def test_a_split_spinor_reference_keeps_all_its_levels():
    doubled = cosines(along()).doubled()
    E = doubled.E + 0.01 * (jnp.arange(8) % 2)
    split = Bands(doubled.kpoints, E, doubled.occupied, True)
    assert distinct(split) is split
    assert len(dots(figure_bands(picture(reference=split)), "none")) == 8


def test_a_reference_with_other_points_says_how_many_are_drawn():
    figure = figure_bands(picture(bands=cosines(along(8)), reference=cosines(unlabelled())))
    assert not figure.texts
    few = picture(bands=cosines(unlabelled()), reference=cosines(along(31)))
    (note,) = figure_bands(few).texts
    assert "k-points are drawn" in note.get_text()


def test_a_list_is_drawn_as_dashes_over_its_numbers():
    figure = figure_bands(picture(bands=cosines(unlabelled())))
    levels = lines(figure, VALENCE, CONDUCTION)
    assert {(line.get_linestyle(), line.get_marker()) for line in levels} == {("None", "_")}
    assert "list" in figure.axes[1].get_xlabel()  # below the frame of the deep bands


def test_dense_circles_are_thinned_and_the_named_points_stay():
    axis = abscissa(along(2000))
    keep = thinned(axis.x, axis, 2.8)
    assert 30 < keep.sum() < 70
    assert set(axis.ticks) <= set(axis.x[keep])
    coarse = abscissa(along(30))
    assert thinned(coarse.x, coarse, 2.8).all()


def test_the_density_of_states_shares_the_energies_and_counts_in_electronvolt():
    bands, beside, *_ = figure_bands(picture(dos=dos())).axes
    assert bands.get_ylim() == beside.get_ylim()
    below, above = beside.lines[:2]
    assert below.get_ydata().max() < GAP_EV / 2 < above.get_ydata().min()
    assert np.trapezoid(below.get_xdata(), below.get_ydata()) == pytest.approx(4, rel=1e-2)


def test_the_full_window_holds_the_valence_bands_and_the_lowest_conduction_bands():
    low, high = full_window_ev(picture())
    assert low < -0.3 * HARTREE_EV < 0 < GAP_EV < high <= GAP_EV + 6
    (ax,) = figure_bands(picture(window_ev=(-3.0, 4.0))).axes
    assert ax.get_ylim() == (-3.0, 4.0)


@pytest.mark.parametrize("zero", ["vbm", "absolute"])
def test_deep_bands_are_below_a_window_of_six_electronvolt_around_the_valence_top(zero):
    level = cosines(along())
    level = replace(level, E=level.E.at[:, 0].set(TOP - 0.4 + 0.01 * level.E[:, 0]))
    shown = picture(zero=zero, bands=level)
    top = 0.0 if zero == "vbm" else TOP * HARTREE_EV
    assert window_ev(shown) == pytest.approx((top - 6, top + 6))
    upper, lower = figure_bands(shown).axes
    E = levels_ev(shown, shown.bands)
    assert lower.get_ylim() == deep_window_ev(shown)
    deep = E[:, 0]
    assert lower.get_ylim()[0] < deep.min() < deep.max() < lower.get_ylim()[1]
    assert lower.get_ylim()[1] <= upper.get_ylim()[0]
    assert [t.get_text() for t in lower.get_xticklabels()] == ["L", "Γ", "X", "U|K", "Γ"]
    assert deep_window_ev(replace(shown, window_ev=(-3.0, 4.0))) is None


def test_a_band_that_crosses_the_lower_end_is_not_cut():
    level = cosines(along())
    shallow = replace(level, E=level.E.at[:, 1].set(TOP - 1.6 * (TOP - level.E[:, 1])))
    shown = picture(bands=shallow)
    bottom = levels_ev(shown, shallow)[:, 1].min()
    assert -9 < bottom < -6
    assert window_ev(shown)[0] == pytest.approx(bottom - 0.5)


def test_a_wide_gap_is_inside_the_window():
    level = cosines(along())
    wide = replace(level, E=level.E.at[:, level.occupied :].add(11 / HARTREE_EV))
    shown = picture(bands=wide)
    bottom = levels_ev(shown, wide)[:, wide.occupied :].min()
    assert bottom > 12
    assert window_ev(shown)[1] > bottom + 0.4


def test_the_window_includes_the_bands_of_other_runs():
    level = cosines(along())
    deep = replace(level, E=level.E.at[:, 0].add(-0.5))
    wide = replace(level, E=level.E.at[:, level.occupied :].add(11 / HARTREE_EV))
    shown = picture(others=(deep, wide))
    E = levels_ev(shown, deep)
    assert window_ev(shown)[1] == pytest.approx(window_ev(picture(bands=wide))[1])
    assert deep_window_ev(shown)[0] <= E.min()


def texts_of(ax: Axes) -> list[Text]:
    """Title, axis names and the tick labels within the frame."""
    low, high = ax.get_xlim()
    ticks = [t for t in ax.get_xticklabels() if low <= t.get_position()[0] <= high]
    titles = [child for child in ax.get_children() if isinstance(child, Text)]
    return [*ticks, *titles, ax.xaxis.label, ax.yaxis.label]


@pytest.mark.parametrize("beside", [None, dos()], ids=["bands", "with dos"])
def test_no_text_overlaps_another_or_leaves_the_figure(beside):
    full = picture(dos=beside, reference=cosines(along()), notes=("a note of many words " * 9,))
    figure = figure_bands(replace(full, title="a title of many words " * 5))
    figure.draw_without_rendering()
    entries = [text for legend in figure.legends for text in legend.get_texts()]
    known = [*entries, *figure.texts, *(text for ax in figure.axes for text in texts_of(ax))]
    boxes = [text.get_window_extent() for text in known if text.get_text()]
    assert len(boxes) >= 13
    assert all(b.x0 >= 0 and b.x1 <= figure.bbox.width for b in boxes)
    assert all(b.y0 >= 0 and b.y1 <= figure.bbox.height for b in boxes)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_without_an_occupied_band_there_is_no_top_to_draw_from():
    empty = Bands(along(), cosines(along()).E, 0, False)
    with pytest.raises(InputError, match="absolute"):
        figure_bands(BandPicture("", empty))
    assert figure_bands(BandPicture("", empty, zero="absolute")).axes


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_one_point_is_a_figure_too():
    one = cosines(listed(zincblende(), [[0.0, 0, 0]]))
    (circle, *_) = dots(figure_bands(picture(bands=one, reference=one)), "none")
    assert circle.get_xdata().tolist() == [1.0]


def filled(figure: Figure) -> list:
    """The marks of the first frame that stand for held-out k-points."""
    return [line for line in figure.axes[0].lines if line.get_marker() == "D"]


def test_unseen_points_have_marks_of_their_own_and_lose_their_circles():
    bands = cosines(along(8))
    held = np.zeros(len(bands.kpoints), bool)
    held[np.flatnonzero([not label for label in bands.kpoints.labels])[::2]] = True
    figure = figure_bands(picture(bands=bands, reference=bands, not_fitted=held))
    x = abscissa(bands.kpoints).x
    assert len(filled(figure)) == 4
    assert filled(figure)[0].get_xdata().tolist() == pytest.approx(x[held].tolist(), abs=1e-5)
    circles = set(np.round(dots(figure, "none")[0].get_xdata(), 5))
    assert circles.isdisjoint(np.round(x[held], 5))
    assert words(figure)[1:] == ["nnpp", "reference", "not fitted"]


def test_without_unseen_points_every_mark_is_a_circle():
    figure = figure_bands(picture(reference=cosines(along())))
    assert not any(len(line.get_xdata()) for line in filled(figure))
    assert words(figure)[1:] == ["nnpp", "reference"]


@pytest.mark.parametrize("kpoints", [along(8), unlabelled()], ids=["path", "list"])
def test_the_spread_is_a_shade_around_every_level(kpoints):
    bands = cosines(kpoints)
    half = 0.01 * (1 + np.arange(bands.E.size).reshape(bands.E.shape) % 3)
    figure = figure_bands(picture(bands=bands, spread=half))
    shades = figure.axes[0].collections
    lowest = np.concatenate([p.vertices for p in shades[0].get_paths()])[:, 1]
    expected = HARTREE_EV * np.min((np.asarray(bands.E) - TOP - half)[:, 0])
    assert lowest.min() == pytest.approx(expected)
    assert len(shades) == 4 * (len(abscissa(kpoints).pieces) if abscissa(kpoints).path else 1)
    assert words(figure)[-2:] == ["nnpp", "spread"]


@pytest.mark.parametrize("beside", [None, dos()], ids=["bands", "with dos"])
@pytest.mark.parametrize(("width", "font"), [(3.4, 8.0), (7.0, 11.0), (2.7, 6.0)])
def test_a_figure_has_the_width_and_the_font_that_are_asked_for(beside, width, font):
    """Its text stays inside of it, and apart."""
    of = Print(width=width, font=font, colours=("black", "#cc0000"))
    figure = figure_bands(picture(dos=beside, reference=cosines(along())), of)
    assert figure.get_size_inches()[0] == pytest.approx(width)
    figure.draw_without_rendering()
    assert figure.axes[0].yaxis.label.get_fontsize() == font
    assert {t.get_fontsize() for t in figure.legends[0].get_texts()} == {font}
    for text in (*figure.axes[0].get_yticklabels(), figure.axes[0].yaxis.label):
        assert text.get_window_extent().x0 >= 0
    assert lines(figure, "black") and lines(figure, "#cc0000") and not lines(figure, VALENCE)
    assert figure_potential(curves(), of).get_size_inches()[0] == pytest.approx(width)
    assert image(figure, "svg", of.scale) == image(figure, "svg", of.scale)


def test_an_overlay_has_a_colour_and_a_gap_for_each_run():
    lower = cosines(along())
    lower = replace(lower, E=lower.E.at[:, 2:].add(0.5 / HARTREE_EV) - 0.4)
    runs = {"one": picture(reference=cosines(along())), "two": picture(bands=lower)}
    figure = figure_overlay(runs, "cosines")
    assert words(figure) == ["one, 1.90 eV", "two, 2.40 eV", "reference"]
    one, two = (lines(figure, colour) for colour in PALETTE[:2])
    assert len(one) == len(two) == 8, "four bands in two pieces"
    for drawn in (one, two):
        assert max(y for x in drawn[:1] for y in x.get_ydata()) <= 1e-9
    assert len({line.get_linestyle() for line in (one[0], two[0])}) == 2
    assert same_path(list(runs.values()))
    assert not same_path([picture(), picture(bands=cosines(along(30)))])


def test_the_area_of_a_dot_is_its_weight():
    shown = picture(window_ev=(-20.0, 9.0))
    shape = np.shape(shown.bands.E)
    weights = {"s": np.full(shape, 0.25), "p": np.full(shape, 1.0)}
    figure = figure_fat(shown, weights)
    (dots_of,) = figure.axes[0].collections
    area = dots_of.get_sizes()
    assert set(np.round(area / area.max(), 6)) == {0.25, 1.0}
    assert area[0] == area.max() and area[-1] == area.min(), "small ones are on top"
    assert words(figure)[1:] == ["s", "p"]
