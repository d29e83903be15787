"""Templates: every file is shipped, nothing is inserted unescaped, no variable is missing."""

import pytest
from jinja2 import UndefinedError

from nnpp.files.templates import environment, render
from nnpp.plotting.page import Page, html


def test_every_template_compiles():
    names = environment().list_templates()
    assert {"page.html", "charts.js", "card.md", "filter_codes.md", "job.slurm"} <= {*names}
    for name in names:
        environment().get_template(name)


def test_a_missing_variable_is_an_error():
    with pytest.raises(UndefinedError):
        render("card.md", title="no card")


def test_html_is_escaped_and_markdown_and_shell_have_filters():
    assert "&lt;b&gt;" in html(Page("<b>"))
    filters = environment().filters
    assert filters["plain"]("a|`b`") == r"a\|\`b\`"
    assert filters["quoted"]("a|`b`") == "'a|`b`'"
