"""The section `tune` of a fit.yaml: ranges of hyperparameters, and errors with their lines."""

import pytest

from nnpp.config.fit_yaml import read_fit
from nnpp.config.tuning import EDGES, LAYERS, TABLE, Dimension, Tuning
from nnpp.errors import InputError
from tests.config.samples import FIT, assert_error, write_fit

SPACE = "tune:\n  trials: 12\n  space:\n    {}\n"
"""Its last line is the 44th of the file."""


def read(folder, line):
    return read_fit(write_fit(folder, fit=FIT + SPACE.format(line)) / "fit.yaml")


def test_a_given_space_replaces_the_default_ranges(tmp_path):
    tune = read(tmp_path, "potential.envelope.sigma: [2, 3.5]").tune
    assert (tune.trials, set(tune.dimensions)) == (12, {"potential.envelope.sigma"})
    assert tune.dimensions["potential.envelope.sigma"] == Dimension(2.0, 3.5)
    assert Tuning().trials == 40
    assert not Tuning().dimensions
    words = {"potential.network.activation": ("silu", "tanh")}
    assert Tuning(space=words).dimensions["potential.network.activation"].words == (
        "tanh",
        "silu",
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("potential.envelope.sgma: [2, 3]", "did you mean 'potential.envelope.sigma'?"),
        (
            "potential.envelope.sigma: [3, 2]",
            "needs two ascending numbers above 0; write the lowest",
        ),
        ("potential.envelope.sigma: [2]", "needs two ascending numbers"),
        ("potential.envelope.sigma: [2, .inf]", "needs two ascending numbers"),
        ("fit.priors.size: [0, 1]", "above 0"),
        ("fit.priors.size: [false, true]", "needs two ascending numbers"),
        ("potential.network.hidden.layers: [1, 2.5]", "needs two ascending integers"),
        ("potential.network.activation: [tanh]", "write two or more of tanh, silu"),
        ("potential.network.activation: [tanh, relu]", "write two or more of tanh, silu"),
        ("potential.network.activation: [[tanh], silu]", "needs at least two known words"),
    ],
)
def test_an_invalid_space_is_refused_with_its_line(tmp_path, line, message):
    with pytest.raises(InputError) as error:
        read(tmp_path, line)
    assert_error(error.value, "fit.yaml", FIT.count("\n") + 4, message)


def test_an_unknown_key_of_the_section(tmp_path):
    folder = write_fit(tmp_path, fit=FIT + "tune: {trails: 3}\n")
    with pytest.raises(InputError) as error:
        read_fit(folder / "fit.yaml")
    assert_error(error.value, "fit.yaml", FIT.count("\n") + 1, "did you mean 'trials'?")


@pytest.mark.parametrize("dimension", TABLE.values(), ids=TABLE)
def test_every_value_lies_within(dimension):
    """Values at the ends are not rounded out of the range."""
    if dimension.words:
        assert dimension.nearest("none") == dimension.words[0]
        return
    assert 0 < dimension.low < dimension.high
    for value in (0.0, dimension.low, dimension.high, 1e9):
        assert dimension.low <= dimension.nearest(value) <= dimension.high
    assert isinstance(dimension.nearest(dimension.low), int) == dimension.integer


def test_values_have_three_figures():
    assert TABLE[EDGES].nearest(17.2345) == 17.2
    assert TABLE[LAYERS].nearest(1.7) == 2
    assert Dimension(1.23456, 2.0).nearest(1.23457) == 1.23456
