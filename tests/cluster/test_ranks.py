"""Which process of how many: from variables of our own, from SLURM, or reported as missing."""

import pytest

from nnpp.cluster.rendezvous import PORTS, Rank, rank_in
from nnpp.errors import InputError

OWN = {"NNPP_PROCESS": "1", "NNPP_PROCESSES": "4", "NNPP_COORDINATOR": "node7:1234"}
SLURM = {
    "SLURM_PROCID": "5",
    "SLURM_STEP_NUM_TASKS": "8",
    "SLURM_LOCALID": "1",
    "SLURM_STEP_NODELIST": "node[001-004,007],other",
    "SLURM_JOB_ID": "4711",
    "SLURM_STEP_ID": "0",
}


def test_variables_of_our_own():
    assert rank_in(OWN) == Rank(1, 4, "node7", 1234)
    assert rank_in(OWN | {"NNPP_COORDINATOR": "[fe80::1]:99"}).host == "[fe80::1]"


def test_a_step_of_slurm():
    """Its processes take one GPU of their machine each, by their number there."""
    assert rank_in(SLURM) == Rank(5, 8, "node001", PORTS[4711], gpu=1)
    assert rank_in(SLURM | {"CUDA_VISIBLE_DEVICES": "0,1,2,3"}).gpu == 1
    assert rank_in(SLURM | {"CUDA_VISIBLE_DEVICES": "3"}).gpu is None
    assert rank_in(SLURM | {"SLURM_STEP_ID": "1"}).port != PORTS[4711]


@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("a", "a"),
        ("a,b", "a"),
        ("n[07-12]", "n07"),
        ("n[3]", "n3"),
        ("n[1,3]-ib,x", "n1-ib"),
        ("gpu-a.site,gpu-b.site", "gpu-a.site"),
    ],
)
def test_the_first_of_the_machines(nodes, first):
    assert rank_in(SLURM | {"SLURM_STEP_NODELIST": nodes}).host == first


def test_our_own_come_first():
    assert rank_in(SLURM | OWN) == Rank(1, 4, "node7", 1234)
    only = {"NNPP_COORDINATOR": "elsewhere:99"}
    assert rank_in(SLURM | only) == Rank(5, 8, "elsewhere", 99, gpu=1)


@pytest.mark.parametrize("name", OWN)
def test_one_that_is_missing_is_named(name):
    with pytest.raises(
        InputError, match=f"^{name}: is not set, and this is not a Slurm job step"
    ):
        rank_in({k: v for k, v in OWN.items() if k != name})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("NNPP_PROCESS", "one", "is 'one', not a number"),
        ("NNPP_PROCESS", "-1", "is '-1', not a number"),
        ("NNPP_PROCESS", "4", "is 4, of 4 processes; number them from 0"),
        ("NNPP_PROCESSES", "2.0", "is '2.0', not a number"),
        ("NNPP_COORDINATOR", "node7", "is 'node7'; write it as HOST:PORT"),
        ("NNPP_COORDINATOR", ":80", "is ':80'; write it as HOST:PORT"),
        ("NNPP_COORDINATOR", "node7:http", "is 'node7:http'; write it as HOST:PORT"),
        ("NNPP_COORDINATOR", "node7:70000", "is 'node7:70000'; write it as HOST:PORT"),
    ],
)
def test_one_that_is_wrong_is_named(name, value, message):
    with pytest.raises(InputError) as error:
        rank_in(OWN | {name: value})
    assert str(error.value).startswith(f"{name}: {message}")
