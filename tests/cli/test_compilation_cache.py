"""Programs are compiled once, kept in the user's cache folder, and found the next time."""

import os
import re
import subprocess
import sys

import matplotlib
import pytest

from tests.cli.samples import write_tiny

COMMAND = (sys.executable, "-m", "nnpp.cli.app", "--verbose", "bands", "tiny", "--out", "out")


def run_in(folder, home, **environment):
    """What a process says of its programs: compiled, found."""
    alone = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "TF_", "XLA_"))}
    alone |= {"JAX_PLATFORMS": "cpu", "XDG_CACHE_HOME": str(home), **environment}
    alone["MPLCONFIGDIR"] = matplotlib.get_cachedir()  # or its fonts are searched again
    done = subprocess.run(COMMAND, cwd=folder, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    match = re.match(r"note: (\d+) programs compiled, (\d+) found", done.stderr)
    assert match
    return int(match[1]), int(match[2])


def test_a_second_process_compiles_nothing(tmp_path):
    write_tiny(tmp_path / "tiny")
    compiled, found = run_in(tmp_path, tmp_path / "cache")
    assert compiled > 10
    assert found == 0
    assert run_in(tmp_path, tmp_path / "cache") == (0, compiled)
    assert (tmp_path / "cache" / "nnpp" / "programs").is_dir()


@pytest.mark.slow
def test_they_are_kept_where_jax_is_reported_to(tmp_path):
    write_tiny(tmp_path / "tiny")
    elsewhere = tmp_path / "elsewhere"
    assert run_in(tmp_path, tmp_path / "none", JAX_COMPILATION_CACHE_DIR=str(elsewhere))[0] > 0
    assert not (tmp_path / "none" / "nnpp").exists()
