"""Templates: every file is shipped, nothing is inserted unescaped, no variable is missing."""

import pytest
from jinja2 import UndefinedError

from nnpp.files.templates import environment, render


def test_every_template_compiles():
    names = environment().list_templates()
    assert {"bands.html", "report.html", "card.md", "filter_codes.md", "job.slurm"} <= {*names}
    for name in names:
        environment().get_template(name)


def test_a_missing_variable_is_an_error():
    with pytest.raises(UndefinedError):
        render("report.html", title="no reports")


def test_html_is_escaped_and_markdown_and_shell_have_filters():
    assert "&lt;b&gt;" in render("report.html", title="<b>", reports=(), columns=())
    filters = environment().filters
    assert filters["plain"]("a|`b`") == r"a\|\`b\`"
    assert filters["quoted"]("a|`b`") == "'a|`b`'"
