"""Runs that would mix with inputs, or exceed the memory, are refused; nothing is written."""

import pytest

from tests.fitting.samples import write_fit


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with the fit inputs/small."""
    monkeypatch.chdir(tmp_path)
    write_fit(tmp_path / "inputs/small")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [["fit"], ["init-fit"], ["bands"], ["optics"], ["volume"], ["tune"], ["report"]],
    ids=" ".join,
)
def test_results_among_inputs(refused, here, words):
    line = "contains fit.yaml, so that results would be mixed with inputs; choose another"
    refused(*words, "inputs/small", "--out", "inputs", message=line, at="inputs/small: ")


@pytest.mark.parametrize("verb", ["init-fit", "fit"])
def test_a_network_that_does_not_fit_into_memory(refused, here, verb):
    file = here / "inputs/small/fit.yaml"
    text = file.read_text().replace("hidden: [4]", "hidden: [99999, 99999]")
    file.write_text(text)
    refused(verb, "inputs/small", message="the network: about", at="inputs/small/fit.yaml:")


def test_more_members_than_memory(refused, here):
    message = "100,000 of this fit: about"
    refused("fit", "inputs/small", "--members", 100000, message=message, at="--members: ")


def test_cells_that_alloys_do_not_fit(refused, here):
    for cells in (7, 3, 16, -4):
        message = f"{cells} cells are not possible; write 4, 8 or 12"
        refused("transfer", "inputs/small", "--cells", cells, message=message, at="--cells: ")
