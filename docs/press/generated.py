"""Parts of pages that are generated from the program at every build: commands and fit.yaml.

A page has `<!-- generated: NAME -->` in their place, so that pages and program always agree.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import typer

from nnpp.cli.app import app
from nnpp.config.fit_yaml import json_schema

ROOT = Path(__file__).parents[2]

PLACE = re.compile(r"<!-- generated: (\w+) -->")

Schema = dict[str, Any]


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the page with its generated parts; an unknown name fails the build."""
    return PLACE.sub(lambda found: PARTS[found[1]](), markdown)


def commands() -> str:
    """Return all commands with their arguments and options."""
    group = typer.main.get_command(app)
    context = click.Context(group, info_name="nnpp")
    return "\n\n".join([_options(group, context), *_commands(group, context)])


def _commands(group: Any, context: click.Context) -> Iterator[str]:
    """Yield heading, help, usage and options of each command, and of those within groups."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inside = click.Context(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            yield from _commands(command, inside)
            continue
        yield f"## {inside.command_path}"
        yield str(command.help)
        yield _usage(command, inside)
        yield _options(command, inside)


def _usage(command: click.Command, context: click.Context) -> str:
    """Return the usage line of a command as a block."""
    words = " ".join(command.collect_usage_pieces(context))
    return f"```text\n{context.command_path} {words}\n```"


def _options(command: click.Command, context: click.Context) -> str:
    """Return a table of arguments and options."""
    rows = ["| | |", "|---|---|"]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None:
            name, text = str(parameter.make_metavar(context)), getattr(parameter, "help", "")
        else:
            name, text = record
        rows.append(f"| `{name}` | {_cell(str(text or ''))} |".replace("‑", "-"))
    return "\n".join(rows)


def fit_yaml() -> str:
    """Return all keys of fit.yaml with type, default and meaning, from the JSON Schema."""
    schema = json_schema()
    parts = [_section("The file", schema)]
    for name in _in_order(schema):
        parts.append(_section(name, schema["$defs"][name]))
    return "\n\n".join(parts)


def _in_order(schema: Schema) -> list[str]:
    """Return the names of sections in the order in which the schema refers to them."""
    order: list[str] = []

    def visit(part: Schema) -> None:
        for name in _named(part):
            if name not in order:
                order.append(name)
                visit(schema["$defs"][name])

    visit({k: v for k, v in schema.items() if k != "$defs"})
    return order


def _named(part: Any) -> Iterator[str]:
    """Yield the names of sections that a part of the schema refers to."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        for value in part.values():
            yield from _named(value)
    elif isinstance(part, list):
        for value in part:
            yield from _named(value)


def _section(name: str, part: Schema) -> str:
    """Return heading, description and table of keys of a section."""
    rows = ["| key | value | default | meaning |", "|---|---|---|---|"]
    required = part.get("required", [])
    for key, value in part.get("properties", {}).items():
        default = "**required**" if key in required else _default(value)
        rows.append(
            f"| `{key}` | {_type(value)} | {default} | {_cell(value.get('description', ''))} |"
        )
    return "\n\n".join([f"## {name}", part.get("description", ""), "\n".join(rows)])


def _type(value: Schema) -> str:
    """Return the type of a value in words."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in value:
            kinds = [_type(v) for v in value[choice] if v.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{word}`" for word in value["enum"])
    match value.get("type"):
        case "array" if "prefixItems" in value:
            return "[" + ", ".join(_type(v) for v in value["prefixItems"]) + "]"
        case "array":
            return f"list of {_type(value['items'])}"
        case "object":
            inner = value.get("additionalProperties")
            return f"name: {_type(inner)}" if isinstance(inner, dict) else "keys"
        case "string":
            return f"text, as `{value['examples'][0]}`" if "examples" in value else "text"
        case "integer":
            return "integer" + _bounds(value)
        case "number":
            return "number" + _bounds(value)
        case kind:
            return str(kind)


def _bounds(value: Schema) -> str:
    """Return the bounds of a number."""
    signs = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
    bounds = [f"{sign} {value[key]:g}" for key, sign in signs.items() if key in value]
    return " " + ", ".join(bounds) if bounds else ""


def _default(value: Schema) -> str:
    """Return the default value in words."""
    match value.get("default"):
        case None | "" | [] | {}:
            return "—"
        case dict():
            return "see there"
        case bool() as truth:
            return f"`{str(truth).lower()}`"
        case list() as several:
            return f"`[{', '.join(map(str, several))}]`"
        case single:
            return f"`{single}`"


def _cell(text: str) -> str:
    """Return a text with the special characters of Markdown escaped."""
    text = " ".join(text.split())
    return re.sub(r"([|*_<>$])", r"\\\1", text)


def gallery() -> str:
    """Return all examples: title and text of the docstring, picture, program."""
    sys.path.insert(0, str(ROOT))
    from examples import NAMES

    parts = []
    for name in NAMES:
        code = (ROOT / "examples" / f"{name}.py").read_text("utf-8")
        title, _, text = str(ast.get_docstring(ast.parse(code))).partition("\n")
        program = code[code.index('"""', 3) + 3 :].strip()
        shown = "\n".join(f"    {line}".rstrip() for line in program.splitlines())
        parts += [f"## {title}", text.strip(), f"![{title}](images/gallery/{name}.png)"]
        parts += [f'??? example "examples/{name}.py"\n\n    ```python\n{shown}\n    ```']
    return "\n\n".join(parts)


def form() -> str:
    """Return the made-up form of v(q) of the tests: imports, form, section of fit.yaml."""
    code = (ROOT / "tests" / "cli" / "test_made_up.py").read_text("utf-8")
    start, end = code.index("@pytree\nclass Softened"), code.index("@pytest.fixture\n")
    shown = code[start:end].strip()
    imports = [
        line
        for line in code[:start].splitlines()
        if line.startswith(("from ", "import "))
        and any(re.search(rf"\b{name}\b", shown) for name in _imported(line))
    ]
    return "\n".join(["```python", *imports, "", shown, "```"])


def _imported(line: str) -> list[str]:
    """Return the names that an import of one line defines."""
    names = line.rpartition("import ")[2].split(", ")
    return [name.split(" as ")[-1] for name in names]


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "fit_yaml": fit_yaml,
    "gallery": gallery,
    "form": form,
}
