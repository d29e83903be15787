"""Any file that was damaged is read to finite levels, or refused in one line."""

import gzip
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from nnpp.errors import InputError
from nnpp.formats.codes.format import Hints, formats
from tests import systems

FORMATS = formats()
DATA = Path(__file__).parent / "data"
ELSEWHERE = {"csv", "h5", "deepseudopot"}
"""Formats of nnpp and DeePseudopot, whose damaged files have tests of their own."""

FILES = {
    "vasp": "vasp/line/vasprun.xml",
    "espresso": "espresso/si_so.bands.xml",
    "gpaw": "gpaw/si.gpw",
    "gpaw-json": "gpaw/si.json",
    "abinit-gsr": "abinit/Sio_DS2_GSR.nc.gz",
    "elk-band": "elk/gaas/BAND.OUT",
    "elk-eigval": "elk/gaas/EIGVAL.OUT",
    "wannier90-band": "wannier90/si_band.dat",
    "wannier90-hr": "wannier90/si_hr.dat",
    "berkeleygw-bandstructure": "berkeleygw/bandstructure.dat",
    "berkeleygw-eqp": "berkeleygw/eqp1.dat",
}
"""A small file of each format; the files of its folder are copied with it."""

BESIDE = Hints(systems.zincblende("Si", "Si", 10.26), None, 10)
MOST_MB = 1000

pieces = some.sampled_from(
    [
        b"",
        b"\0",
        b"-",
        b"1e999",
        b"nan",
        b"****",
        b"999999999",
        b"\xff\xfe",
        b"<",
        b"\n",
        b" 0 ",
    ]
)
places = some.floats(0, 1, exclude_max=True)
changes = some.lists(
    some.tuples(places, some.integers(0, 40), pieces | some.binary(max_size=4)),
    min_size=1,
    max_size=4,
)


def damaged(data: bytes, wanted: list[tuple[float, int, bytes]], end: float) -> bytes:
    """Each change puts some bytes in the place of others; then the file is cut."""
    for place, gone, new in wanted:
        at = int(place * len(data))
        data = data[:at] + new + data[at + gone :]
    return data[: int(end * len(data)) + 1]


def most_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


@pytest.fixture(params=FILES)
def sound(request, tmp_path):
    """The name of a format, and a file of it among those that belong to it."""
    source = DATA / FILES[request.param]
    folder = tmp_path / "run"
    shutil.copytree(source.parent, folder)
    file = folder / source.name
    if file.suffix == ".gz":
        file = file.with_suffix("")
        file.write_bytes(gzip.decompress(source.read_bytes()))
    return request.param, file


@settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(wanted=changes, end=some.just(1.0) | places)
def test_a_result_or_one_clear_error(sound, wanted, end):
    name, file = sound
    whole, before = file.read_bytes(), most_mb()
    try:
        file.write_bytes(damaged(whole, wanted, end))
        found = FORMATS[name].read(file, BESIDE)
        assert np.isfinite(found.E).all()
        assert np.isfinite(found.k).all()
    except InputError as error:
        assert "\n" not in str(error)
        assert str(file.parent) in str(error) or "--" in str(error)
    finally:
        file.write_bytes(whole)
    assert most_mb() - before < MOST_MB


def test_every_format_has_a_sample():
    assert FILES.keys() == FORMATS.keys() - ELSEWHERE, "add a small file to FILES"


def test_each_sound_file_is_read_and_recognised(sound):
    name, file = sound
    head = file.read_bytes()[:4096].decode("latin-1")
    assert [f.name for f in FORMATS.values() if f.matches(file.name, head)] == [name]
    assert FORMATS[name].read(file, BESIDE).E.size
