"""An independent reader of `$filter`: odata-query parses it, and this file only evaluates."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from odata_query import ast
from odata_query.grammar import ODataLexer, ODataParser

_COMPARATORS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}


def parse(text: str) -> Any:
    return ODataParser().parse(ODataLexer().tokenize(text))


def value_of(node: Any) -> Any:
    """Give the Python value of a literal, numbers exact."""
    match node:
        case ast.Null():
            return None
        case ast.Boolean():
            return {"true": True, "false": False}[node.val]
        case ast.Integer() | ast.Float():
            return Decimal(node.val)
        case ast.String():
            return node.val
    return node.py_val


def path_of(node: Any) -> str:
    if isinstance(node, ast.Attribute):
        return f"{path_of(node.owner)}/{node.attr}"
    return str(node.name)


def holds(node: Any, row: Mapping[str, Any]) -> bool:
    """Say whether a parsed condition holds for a row."""
    match node:
        case ast.BoolOp(op=ast.And()):
            return holds(node.left, row) and holds(node.right, row)
        case ast.BoolOp(op=ast.Or()):
            return holds(node.left, row) or holds(node.right, row)
        case ast.Call():
            field, text = node.args
            return _FUNCTIONS[node.func.name](row[path_of(field)], value_of(text))
    return _COMPARATORS[type(node.comparator)](row[path_of(node.left)], value_of(node.right))
