"""Errors of pydantic as errors with the line of the file: the first, and how many follow."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from nnpp.errors import InputError, suggest
from nnpp.files.origin import Keys, Origin

REMEDIES = {
    "float_type": "write a number",
    "int_type": "write an integer",
    "int_from_float": "write an integer",
    "finite_number": "write a finite number",
    "string_type": "write text; quote it if it looks like a number",
    "string_pattern_mismatch": "use letters, digits, . _ and -, and start with a letter",
    "tuple_type": "write a list: [a, b, …]",
    "model_type": "write a mapping: key: value",
    "model_attributes_type": "write a mapping: key: value",
    "dict_type": "write a mapping: key: value",
    "mapping_type": "write a mapping: key: value",
    "too_long": "remove the extra entries",
    "too_short": "add the missing entries",
}
"""What to do, by pydantic's type of error."""

REWORDED = (
    (" after validation", ""),
    ("^(Input should be|Tuple should|Dictionary should|String should)", "must"),
    ("^must (?!have|match|be)", "must be "),
    ("valid dictionary.*", "mapping"),
    ("valid tuple", "list"),
    ("a valid integer.*", "an integer"),
    ("match pattern .*", "be a plain name"),
)
"""Patterns in pydantic's messages, and the words for authors of YAML files."""


def first_error(error: ValidationError, data: Mapping[str, Any], origin: Origin) -> InputError:
    """Return the error that comes first in the file, with the number of the others.

    Args:
        error: the errors that pydantic found.
        data: the content of the file.
        origin: the file and line of each entry.
    """
    details = _causes(error.errors(include_url=False))
    errors = [_input_error(detail, data, origin) for detail in details]
    first, *more = sorted(errors, key=lambda e: (str(e.path), e.line or 0))
    if not more:
        return first
    remedy = f"{first.remedy} (and fix {len(more)} more)"
    return InputError(first.what, remedy, first.path, first.line)


def _causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return the errors without lists that are too short only because entries are wrong."""
    above = {d["loc"][:n] for d in details for n in range(len(d["loc"]))}
    return [d for d in details if d["type"] != "too_short" or d["loc"] not in above]


def _input_error(detail: ErrorDetails, data: Mapping[str, Any], origin: Origin) -> InputError:
    """Return one error of pydantic as an InputError with its place."""
    context = detail.get("ctx", {})
    keys = _file_keys(data, detail["loc"]) + tuple(context.get("keys", ()))
    what, remedy = _message(detail, keys)
    error = origin.error(what, remedy, *keys)
    option = str(error.path)  # the command line replaces the place of a key by its option
    if option.startswith("--"):
        return InputError(what.removeprefix(f"{option[2:]}: "), remedy, option)
    return error


def _file_keys(data: Any, loc: tuple[str | int, ...]) -> Keys:
    """Return the keys of the file that lead to an error, without pydantic's own tags."""
    keys: list[str | int] = []
    for step in loc:
        inside = isinstance(data, dict) and step in data
        if inside or (isinstance(data, list) and step in range(len(data))):
            keys.append(step)
            data = data[step]  # pyright: ignore[reportCallIssue, reportArgumentType] -- a key or place in it, just seen
    return tuple(keys)


def _message(detail: ErrorDetails, keys: Keys) -> tuple[str, str]:
    """Return what is wrong and what to do."""
    kind, context = detail["type"], detail.get("ctx", {})
    name = next((k for k in reversed(keys) if isinstance(k, str)), "the file")
    if kind == "input":
        what = detail["msg"]
        return what if name in what else f"{name}: {what}", context["remedy"]
    if kind == "missing":
        return _missing(detail["loc"][-1], name)
    if kind == "union_tag_not_found":
        return _missing(str(context["discriminator"]).strip("'"), name)
    if kind in ("literal_error", "union_tag_invalid"):
        return _unknown_word(detail, name)
    message = detail["msg"]
    for pattern, words in REWORDED:
        message = re.sub(pattern, words, message)
    remedy = REMEDIES.get(kind, f"write a value that {message.replace('must be', 'is')}")
    return f"{name}: {_short(detail['input'])}{message}", remedy


def _missing(what: str | int, name: str) -> tuple[str, str]:
    """Return the message for a missing key or list entry."""
    if isinstance(what, int):
        return f"{name}: has only {what} entries", "add the missing ones"
    return f"`{what}` is missing from {name}", f"add {what}: …"


def _unknown_word(detail: ErrorDetails, name: str) -> tuple[str, str]:
    """Return the message for a word that is not one of those expected."""
    context = detail.get("ctx", {})
    known = re.findall(r"'([^']*)'", str(context.get("expected", context.get("expected_tags"))))
    word = context.get("tag", detail["input"])
    name = "kind" if "tag" in context else name
    remedy = suggest(word, known) if isinstance(word, str) else f"known: {', '.join(known)}"
    return f"{name}: {_short(word)}is not known", remedy


def _short(value: object) -> str:
    """Return a short value as it was written, nothing for a long one."""
    if isinstance(value, dict | list | tuple) or value is None:
        return ""
    return f"{value!r:.40} "
