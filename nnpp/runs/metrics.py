"""metrics.jsonl: the numbers of each step, one line of JSON for each.

A line is added by a single write, so that a killed writer can break the last line only. There
is no fsync: a line that a power failure takes is missing in a figure, not in the fit.
"""

import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nnpp.errors import InputError, NnppError
from nnpp.files.atomic import os_errors_about, write_atomic
from nnpp.files.json_text import load_json
from nnpp.files.text import MOST_LINES, exists, read_bytes

NAME = "metrics.jsonl"
"""Name of the file in a run."""

REMEDY = "remove the line, or start over with `--fresh`"


def append(path: Path, record: Mapping[str, Any]) -> None:
    """Append a line, or nothing if the disk is full; remove an incomplete last line first."""
    line = _line(record)
    with os_errors_about(path, "cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        if exists(path) and not _ends_whole(path):
            _rewrite(path, _sound(path, read_bytes(path)))
        _add(path, line)


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the records; skip a broken last line, raise an InputError for any other."""
    return [record for _, record in _sound(path, read_bytes(path))]


def steps_around(path: Path, size: int) -> tuple[list[int], list[int]]:
    """Return the steps of the lines in the first bytes of a file, and of all lines after them.

    Args:
        path: the file.
        size: the number of first bytes.

    Raises:
        InputError: if a line is broken.
    """
    raw = read_bytes(path)
    steps = [record["step"] for _, record in _sound(path, raw)]
    if not raw.endswith(b"\n") or raw.count(b"\n") != len(steps):
        raise InputError("its last line is broken", "`nnpp train` removes it", path)
    first = raw[:size].count(b"\n")
    return steps[:first], steps[first:]


def cut(path: Path, step: int) -> None:
    """Keep the lines up to `step`, from which a fit continues; a missing file has no lines."""
    if exists(path):
        pairs = _sound(path, read_bytes(path))
        _rewrite(path, (pair for pair in pairs if pair[1]["step"] <= step))


def _line(record: Mapping[str, Any]) -> bytes:
    """Return the record as one line; raise an error that names a number that is not finite."""
    wrong = [k for k, v in record.items() if isinstance(v, float) and not math.isfinite(v)]
    try:
        return json.dumps(dict(record), allow_nan=False, ensure_ascii=False).encode() + b"\n"
    except ValueError as error:
        what = f"{', '.join(wrong) or 'a number'} is NaN or infinite"
        raise NnppError(f"metrics of step {record['step']} not written: {what}") from error


def _ends_whole(path: Path) -> bool:
    """Return whether the last line has its line end."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        return file.read() in (b"", b"\n")


def _add(path: Path, line: bytes) -> None:
    """Append the bytes; if the disk is full, remove what was written of them."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        size = os.fstat(handle).st_size
        try:
            while line:
                line = line[os.write(handle, line) :]
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _rewrite(path: Path, pairs: Iterable[tuple[bytes, dict[str, Any]]]) -> None:
    """Write the file again with these lines unchanged."""
    write_atomic(path, b"".join(line + b"\n" for line, _ in pairs))


def _sound(path: Path, raw: bytes) -> list[tuple[bytes, dict[str, Any]]]:
    """Return every line of the content `raw` with its record, without a broken last line."""
    if raw.count(b"\n") > MOST_LINES:
        raise InputError(
            f"has more than {MOST_LINES:,} lines", "start over with `--fresh`", path
        )
    lines = raw.split(b"\n")
    if not lines[-1]:
        lines.pop()
    pairs = []
    for number, line in enumerate(lines, start=1):
        try:
            pairs.append((line, _record(line)))
        except (ValueError, RecursionError) as error:
            if number < len(lines):
                raise InputError("is no line of metrics", REMEDY, path, number) from error
    return pairs


def _record(line: bytes) -> dict[str, Any]:
    """Return the record in a line; raise a ValueError if it has no step."""
    record = load_json(line.decode())
    if not isinstance(record, dict) or not isinstance(record.get("step"), int):
        raise ValueError("no step")
    return record
