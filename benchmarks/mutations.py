"""Small changes of a Python file that a test should notice: signs, factors, bounds, conditions.

Docstrings, annotations, decorators, error messages and constants of a module in capitals
(tolerances, sizes) are left as they are.
"""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
"""Operators that replace one another."""

EXCHANGED = ("cos sin", "maximum minimum", "max min", "argmax argmin", "sum mean", "any all",
             "floor ceil")  # fmt: skip
FUNCTIONS = {a: b for pair in EXCHANGED for a, b in (pair.split(), pair.split()[::-1])}
"""Functions that replace one another."""

DROPPED = ("sqrt", "abs", "conj", "cumsum")
"""Functions that are replaced by their argument."""

SMALLEST = 1e-3
"""Smaller numbers are tolerances."""


@dataclass(frozen=True)
class Mutant:
    """A change of one expression of a file.

    Attributes:
        file: the path of the file.
        line: the number of the line on which the expression begins.
        code: the text of this line.
        span: the first and last offset of the expression in the bytes of the file.
        before: its text.
        after: the text that replaces it.
    """

    file: str
    line: int
    code: str
    span: tuple[int, int]
    before: str
    after: str

    def applied(self, text: str) -> str:
        """Return the file with the change."""
        data = text.encode()
        return (data[: self.span[0]] + self.after.encode() + data[self.span[1] :]).decode()

    @property
    def change(self) -> str:
        """The change in one line."""
        return " ".join(f"{self.before} → {self.after}".split())


def mutants(file: str, text: str) -> Iterator[Mutant]:
    """Yield every mutant of a file, in the order of its lines."""
    starts, lines = [0], text.splitlines()
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node, changed in _pairs(ast.parse(text)):
        span = (
            starts[node.lineno - 1] + node.col_offset,
            starts[node.end_lineno - 1] + node.end_col_offset,
        )
        before = text.encode()[slice(*span)].decode()
        after = ast.unparse(ast.fix_missing_locations(changed))
        after = after if isinstance(node, ast.Slice | ast.Constant) else f"({after})"
        yield Mutant(file, node.lineno, lines[node.lineno - 1].strip(), span, before, after)


def _pairs(tree: ast.AST) -> Iterator[tuple[Any, ast.expr]]:
    """Yield expressions and what replaces them."""
    for node in _parts(tree):
        condition = node.test if isinstance(node, ast.If | ast.While) else None
        if condition and not isinstance(condition, ast.UnaryOp):  # its `not` is dropped below
            yield condition, ast.UnaryOp(ast.Not(), condition)
        if isinstance(node, ast.expr):
            yield from ((node, changed) for changed in _changes(node))


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a file that may be changed."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _excluded(child):
                continue
            yield child
            yield from _parts(child)


def _excluded(node: ast.AST) -> bool:
    """Return whether a part of the file is left as it is."""
    if isinstance(node, ast.Assign):
        names = [x for x in ast.walk(node.targets[0]) if isinstance(x, ast.Name)]
        return all(x.id.isupper() for x in names)
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr | ast.Import)


def _changes(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the changed forms of one expression."""
    match node:
        case ast.Constant(value=x):
            yield from (ast.Constant(y) for y in _other_values(x))
        case ast.BinOp(left, op, right) if not (_is_text(left) or _is_text(right)):
            yield from (ast.BinOp(left, o(), right) for o in OPERATORS.get(type(op), ()))
            yield from (left, right) if isinstance(op, ast.Mult) else ()
            yield from (left,) if isinstance(op, ast.Div) else ()
        case ast.UnaryOp(ast.USub() | ast.Not(), inner):
            yield inner
        case ast.Compare(left, [op], right):
            yield from (ast.Compare(left, [o()], right) for o in OPERATORS[type(op)])
        case ast.BoolOp(op, values):
            yield from (ast.BoolOp(o(), values) for o in OPERATORS[type(op)])
        case ast.IfExp(test, body, other):
            yield ast.IfExp(test, other, body)
        case ast.Slice(lower, upper, step):
            if lower is not None:
                yield ast.Slice(ast.BinOp(lower, ast.Add(), ast.Constant(1)), upper, step)
            if upper is not None:
                yield ast.Slice(lower, ast.BinOp(upper, ast.Sub(), ast.Constant(1)), step)
        case ast.Attribute(value, "T"):
            yield value
        case ast.Call():
            yield from _changed_calls(node)


def _is_text(node: ast.expr) -> bool:
    """Return whether an expression is a text."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _other_values(x: object) -> tuple[bool | int | float | complex, ...]:
    """Return the constants that replace a constant."""
    if isinstance(x, bool):
        return (not x,)
    if isinstance(x, int):
        return (x + 1,)
    if isinstance(x, complex):
        return (-x,)
    return (2 * x or 1.0,) if isinstance(x, float) and not 0 < x < SMALLEST else ()


def _changed_calls(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the changed forms of a call."""
    for i, keyword in enumerate(call.keywords):
        if keyword.arg == "ddof" and isinstance(keyword.value, ast.Constant):
            other = deepcopy(call)
            other.keywords[i].value = ast.Constant(1 - int(str(keyword.value.value)))
            yield other
    if not isinstance(call.func, ast.Attribute):
        return
    name = call.func.attr
    if name in FUNCTIONS:
        func = ast.Attribute(call.func.value, FUNCTIONS[name])
        yield ast.Call(func, call.args, call.keywords)
    if name == "where" and len(call.args) == 3:
        c, a, b = call.args
        yield ast.Call(call.func, [c, b, a], call.keywords)
    if name in DROPPED:
        yield call.args[0] if call.args else call.func.value
