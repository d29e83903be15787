import numpy as np
import pytest

from nnpp.plotting.abscissa import abscissa, point_name, subscripted
from nnpp.structures.kpoints import listed
from tests.plotting.samples import along, unlabelled
from tests.systems import GXL, zincblende


def test_labels_stand_at_their_distances_and_a_jump_shares_one():
    axis, u = abscissa(along()), 2 * np.pi / 11.4485278
    legs = [0, np.sqrt(0.75), 1, np.sqrt(0.125), np.sqrt(1.125)]
    assert axis.names == ("L", "Γ", "X", "U|K", "Γ")
    assert axis.ticks == pytest.approx(u * np.cumsum(legs))


def test_a_path_is_broken_at_its_jump_and_nowhere_else():
    kpoints = along()
    axis, labels = abscissa(kpoints), kpoints.labels
    assert [labels[j - 1] + labels[j] for j in axis.jumps] == ["UK"]
    assert axis.path


def test_the_same_point_written_twice_is_no_jump():
    k = np.array([[0, 0, 0], [0.25, 0, 0.25], [0.5, 0, 0.5], [0.5, 0, 0.5], [0.5, 0.1, 0.6]])
    axis = abscissa(listed(zincblende(), k, labels=("Γ", "", "X", "X", "A")))
    assert axis.names == ("Γ", "X", "A")
    assert axis.jumps == []


@pytest.mark.parametrize(
    ("k", "labels"),
    [
        (np.asarray(unlabelled().fractional), None),
        (GXL, ("Γ", "X", "L")),
        (np.vstack([GXL[0], [0.1, 0.3, 0.2], GXL[1:]]), ("Γ", "", "X", "L")),
    ],
    ids=["without labels", "labels alone", "a point off the line"],
)
def test_a_list_counts_its_points_and_joins_none(k, labels):
    axis = abscissa(listed(zincblende(), k, labels=labels))
    assert not axis.path
    assert axis.x == pytest.approx(1 + np.arange(len(k)))


def test_a_point_is_met_wherever_the_path_passes():
    axis = abscissa(along())
    between = 0.37 * axis.k[3] + 0.63 * axis.k[4]
    which, x = axis.positions(np.array([[0.0, 0, 0], between, [0.1, 0.3, 0.2]]))
    assert which.tolist() == [0, 0, 1]
    expected = [axis.ticks[1], axis.ticks[4], 0.37 * axis.x[3] + 0.63 * axis.x[4]]
    assert x == pytest.approx(expected, abs=1e-5)


def test_nothing_is_met_on_a_jump():
    axis = abscissa(along())
    (jump,) = axis.jumps
    which, _ = axis.positions((axis.k[[jump - 1]] + axis.k[[jump]]) / 2)
    assert which.size == 0


def test_a_point_is_named_by_its_label_its_share_of_the_way_or_its_number():
    path, points = along(), unlabelled()
    assert point_name(path, abscissa(path), 1) == "0.06 L–Γ"
    assert point_name(path, abscissa(path), len(path) - 1) == "Γ"
    assert point_name(points, abscissa(points), 4) == "k-point 5"


def test_subscripts_are_set_low_on_both_sides_of_a_jump():
    assert subscripted("X_1|Σ_0", "<sub>{}</sub>") == "X<sub>1</sub>|Σ<sub>0</sub>"


def test_gamma_has_its_name_also_without_labels():
    points = listed(zincblende(), np.array([[0.1, 0, 0], [0.0, 0, 0]]))
    assert point_name(points, abscissa(points), 1) == "Γ"
    assert point_name(points, abscissa(points), 0) == "k-point 1"
