"""Limits of memory, as Linux keeps them for groups of processes."""

import os

import pytest

from nnpp.devices.machine import _limits, memory

VERSIONS = {
    "second": ("0::/job/step\n", {"job/memory.max": "5000\n", "job/step/memory.max": "max\n"}),
    "first": (
        "5:cpu:/other\n4:memory:/job\n",
        {"memory/job/memory.limit_in_bytes": "5000\n", "other/memory.max": "7\n"},
    ),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_limit_of_a_job_that_holds_this_process(version, tmp_path):
    groups, files = VERSIONS[version]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "mine").write_text(groups, encoding="utf-8")
    assert _limits(tmp_path, tmp_path / "mine") == [5000]


def test_no_limit_where_there_are_no_groups(tmp_path):
    assert _limits(tmp_path, tmp_path / "none") == []


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="this system does not tell its memory")
def test_no_more_than_what_is_installed():
    assert 1e8 < memory() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
