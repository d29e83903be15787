"""`import nnpp`: one documented list of names, loaded on first use."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import nnpp

ROOT = Path(nnpp.__file__).parents[1]

LIGHT = """
import sys, nnpp
slow = {"jax", "matplotlib", "ase", "scipy", "pydantic"} & set(sys.modules)
assert not slow, slow
assert set(nnpp.__all__) <= set(dir(nnpp))
"""


def test_import_loads_nothing_slow():
    subprocess.run([sys.executable, "-c", LIGHT], check=True)


@pytest.mark.parametrize("name", nnpp.__all__)
def test_every_name_resolves_and_is_documented(name):
    found = getattr(nnpp, name)
    if callable(found):
        own = vars(found).get("__doc__") if isinstance(found, type) else found.__doc__
        assert own and len(own.split()) > 3


def test_the_page_lists_the_names_in_the_same_groups():
    """Groups of docs/python.md are those of __init__.pyi, in its order."""
    stub = (ROOT / "nnpp/__init__.pyi").read_text(encoding="utf-8")
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    groups = re.findall(r"^# (.+)\n((?:from .*\n)+)", stub, re.MULTILINE)
    assert groups
    for title, lines in groups:
        names = re.findall(r"import (\w+) as", lines)
        assert f"| {title} | {', '.join(f'`{name}`' for name in names)} |" in page


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = nnpp.nothing  # pyright: ignore[reportAttributeAccessIssue]
