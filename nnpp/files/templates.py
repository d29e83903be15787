"""Text that users read, from the template files in nnpp/templates: the only home of jinja2."""

import shlex
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from nnpp.files.markdown import plain


@cache
def environment() -> Environment:
    """Return the environment of all templates; an undefined variable is an error.

    HTML is escaped automatically. Markdown and shell have no safe default, so their templates
    use the filters `plain` and `quoted`.
    """
    environment = Environment(
        loader=PackageLoader("nnpp"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"plain": plain, "quoted": lambda x: shlex.quote(str(x))}
    return environment


def render(template: str, **values: object) -> str:
    """Return the text of a template file with `values` inserted.

    Args:
        template: name of the file in nnpp/templates; `.html` switches on escaping.
        values: the variables that the template names.
    """
    return environment().get_template(template).render(values)
