"""A reader is found by its module alone; no file is claimed by two readers."""

import sys

import numpy as np
import pytest

from nnpp.errors import InputError
from nnpp.formats import codes
from nnpp.formats.codes.format import Hints, formats, read_codes

READER = '''
"""Made-up bands: k-points and levels [hartree] in one line each."""
import numpy as np
from nnpp.files.tables import read_table
from nnpp.formats.codes.format import Format
from nnpp.formats.reference_bands import ReferenceBands

def read(path, hints):
    table = read_table(path)
    return ReferenceBands(path, table[:, :3], table[:, 3:])

KNOWS = lambda name, head: name.endswith(".made")
FORMATS = (Format("made-up", "Made-up (*.made)", KNOWS, read),)
'''


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """One more module in the package of readers, in another folder."""
    (tmp_path / "made_up.py").write_text(READER)
    monkeypatch.setattr(codes, "__path__", [*codes.__path__, str(tmp_path)])
    yield tmp_path
    sys.modules.pop("nnpp.formats.codes.made_up", None)
    codes.__dict__.pop("made_up", None)


def test_a_new_reader_is_one_file(made_up):
    file = made_up / "si.made"
    file.write_text("0 0 0 -0.4 0.1\n0.5 0.5 0.5 -0.3 0.2\n")
    found = read_codes(file, Hints())
    assert np.array_equal(found.E, [[-0.4, 0.1], [-0.3, 0.2]])
    assert read_codes(file, Hints(), "made-up").E.shape == (2, 2)
    (made_up / "si.txt").write_text("x")
    with pytest.raises(InputError, match=r"Made-up \(\*\.made\)"):
        read_codes(made_up / "si.txt", Hints())


def test_names_are_unique(made_up):
    (made_up / "again.py").write_text(READER)
    with pytest.raises(ValueError, match="same name"):
        formats()
    sys.modules.pop("nnpp.formats.codes.again", None)


def test_a_missing_comma_is_reported_with_its_module(made_up):
    text = READER.replace("read),)", "read))")
    (made_up / "made_up.py").write_text(text)
    with pytest.raises(TypeError, match=r"codes\.made_up: FORMATS is no tuple"):
        formats()
