"""JSON of limited size: Python needs up to a hundred times the memory of the text."""

import json
from collections.abc import Callable
from typing import Any

MOST_VALUES = 1_000_000
"""Largest number of values; 0.3 GB in memory."""


def load_json(
    text: str,
    number: Callable[[str], Any] | None = None,
    constant: Callable[[str], Any] | None = None,
    mapping: Callable[[dict[str, Any]], Any] | None = None,
) -> Any:
    """Return the value of a JSON text.

    Args:
        text: the text.
        number: converts numbers; None for int and float.
        constant: converts NaN and infinities; None to accept them.
        mapping: converts mappings; None for dict.

    Raises:
        ValueError: if the text is not JSON, or has too many values.
        RecursionError: if it is nested too deeply.
    """
    # Every value is after a comma or a bracket; commas in words make this an upper bound.
    if sum(map(text.count, ",[{")) > MOST_VALUES:
        raise ValueError(f"holds more than {MOST_VALUES:,} values")
    return json.loads(
        text,
        parse_float=number,
        parse_int=number,
        parse_constant=constant,
        object_hook=mapping,
    )
