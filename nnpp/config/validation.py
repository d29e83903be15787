"""From all that pydantic finds wrong to one error: the first by line, and how many more."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from nnpp.config.spec import FitSpec, with_origin
from nnpp.errors import InputError, suggest
from nnpp.files.origin import Keys, Origin

REMEDIES = {
    "float_type": "write a number",
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "finite_number": "write a finite number",
    "string_type": "write text; quote it if it looks like a number",
    "string_pattern_mismatch": "use letters, digits, and . _ - after the first",
    "tuple_type": "write a list: [a, b, …]",
    "model_type": "write a mapping: key: value",
    "model_attributes_type": "write a mapping: key: value",
    "dict_type": "write a mapping: key: value",
    "mapping_type": "write a mapping: key: value",
    "too_long": "remove what is too much",
    "too_short": "add what is missing",
}
"""What to do, by pydantic's name of the error."""

PLAINLY = (
    (" after validation", ""),
    ("^(Input should be|Tuple should|Dictionary should|String should)", "must"),
    ("^must (?!have|match|be)", "must be "),
    ("valid dictionary.*", "mapping"),
    ("valid tuple", "list"),
    ("valid integer.*", "whole number"),
    ("match pattern .*", "be a plain name"),
)
"""pydantic's words, and those of someone who writes a YAML file."""


def validated(data: Mapping[str, Any], origin: Origin, folder: Path) -> FitSpec:
    """The fit that `data` describes, with file names counted from `folder`."""
    try:
        spec = FitSpec.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        raise _first(error, data, origin) from error
    return with_origin(spec, origin)


def _first(error: ValidationError, data: Mapping[str, Any], origin: Origin) -> InputError:
    """The error that stands first in the file."""
    details = _causes(error.errors(include_url=False))
    told = [_told(detail, data, origin) for detail in details]
    told.sort(key=lambda e: (str(e.path), e.line or 0))
    if len(told) > 1:
        first, more = told[0], len(told) - 1
        return InputError(
            first.what, f"{first.remedy} (and {more} more to mend)", first.path, first.line
        )
    return told[0]


def _causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without the lists that pydantic calls too short because their entries are wrong."""
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(len(d["loc"]) > len(detail["loc"]) and _leads(detail, d) for d in details)
    ]


def _leads(outer: ErrorDetails, inner: ErrorDetails) -> bool:
    """Whether an error lies inside what another one is about."""
    return inner["loc"][: len(outer["loc"])] == outer["loc"]


def _told(detail: ErrorDetails, data: Mapping[str, Any], origin: Origin) -> InputError:
    """One error of pydantic, in words and with its place."""
    context = detail.get("ctx", {})
    keys = _trodden(data, detail["loc"]) + tuple(context.get("keys", ()))
    what, remedy = _worded(detail, keys)
    return origin.error(what, remedy, *keys)


def _trodden(data: Any, loc: tuple[str | int, ...]) -> Keys:
    """The keys of the file on the way to an error, without the tags that pydantic adds."""
    keys: list[str | int] = []
    for step in loc:
        inside = isinstance(data, dict) and step in data
        if inside or (isinstance(data, list) and step in range(len(data))):
            keys.append(step)
            data = data[step]  # pyright: ignore[reportCallIssue, reportArgumentType] -- a key or place in it, just seen
    return tuple(keys)


def _worded(detail: ErrorDetails, keys: Keys) -> tuple[str, str]:
    """What is wrong and what to do about it."""
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
    said = detail["msg"]
    for pattern, plainly in PLAINLY:
        said = re.sub(pattern, plainly, said)
    return f"{name}: {_shown(detail['input'])}{said}", REMEDIES.get(kind, _bound(said))


def _missing(what: str | int, name: str) -> tuple[str, str]:
    """A key, or the end of a list, that is not there."""
    if isinstance(what, int):
        return f"{name}: has only {what} entries", "add what is missing"
    return f"`{what}` is missing from {name}", f"add {what}: …"


def _unknown_word(detail: ErrorDetails, name: str) -> tuple[str, str]:
    """A word that is none of those expected."""
    context = detail.get("ctx", {})
    known = re.findall(r"'([^']*)'", str(context.get("expected", context.get("expected_tags"))))
    word = context.get("tag", detail["input"])
    name = "kind" if "tag" in context else name
    remedy = suggest(word, known) if isinstance(word, str) else f"known: {', '.join(known)}"
    return f"{name}: {_shown(word)}is not known", remedy


def _shown(value: object) -> str:
    """A short value as it was written, nothing for a long one."""
    if isinstance(value, dict | list | tuple) or value is None:
        return ""
    return f"{value!r:.40} "


def _bound(said: str) -> str:
    """What to do about a number on the wrong side of a bound."""
    return f"write a value that {said.replace('must be', 'is')}"
