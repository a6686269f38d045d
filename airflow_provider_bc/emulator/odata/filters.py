"""`$filter`, judged by what Business Central can turn into AL and then applied.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-filter-expressions-in-odata-uris
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from odata_query import ast

from airflow_provider_bc.emulator.odata.errors import bad_request, not_implemented
from airflow_provider_bc.emulator.odata.grammar import parse_filter
from airflow_provider_bc.emulator.odata.literals import blank, constant, sortable
from airflow_provider_bc.emulator.store.row import Row
from airflow_provider_bc.emulator.store.table import Bound

if TYPE_CHECKING:
    from airflow_provider_bc.emulator.schema.model import EntitySet, Property

Predicate: TypeAlias = Callable[[Row], bool]

_COMPARE: dict[type, tuple[str, Callable[[Any, Any], bool]]] = {
    ast.Eq: ("eq", operator.eq),
    ast.NotEq: ("ne", operator.ne),
    ast.Gt: ("gt", operator.gt),
    ast.GtE: ("ge", operator.ge),
    ast.Lt: ("lt", operator.lt),
    ast.LtE: ("le", operator.le),
}
_MATCH: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_NO_LITERALS = (ast.Identifier, ast.Attribute, ast.BinOp, ast.Call, ast.UnaryOp, ast.Compare)
_FOLDS = ("tolower", "toupper")
_FILTERABLE_FROM_2_1 = "2.1"


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was accepted.

    :param matches: tells whether a row passes.
    :param bounds: comparisons every passing row satisfies, joined by `and`.
    :param exact: whether every row that satisfies the bounds passes.
    """

    matches: Predicate
    bounds: tuple[Bound, ...] = ()
    exact: bool = False

    @property
    def fixed(self) -> frozenset[str]:
        """The columns that are compared with `eq`."""
        return frozenset(bound.column for bound in self.bounds if bound.operator == "eq")


@dataclass(slots=True)
class _Term:
    """A judged part of a filter, with the columns it speaks of.

    :param held: gives of a row what the bound compares.
    """

    matches: Predicate
    columns: set[str]
    bounds: tuple[Bound, ...] = field(default=())
    exact: bool = False
    held: Callable[[Row], Any] | None = None


class _Judge:
    """Decides for each node of a filter whether Business Central serves it."""

    def __init__(self, schema: EntitySet, version: str) -> None:
        self._schema = schema
        self._modern = version == _FILTERABLE_FROM_2_1

    def term(self, node: Any) -> _Term:
        """Judge a boolean expression."""
        if isinstance(node, ast.BoolOp):
            return self._joined(node)
        if isinstance(node, ast.Compare):
            return self._compared(node)
        if isinstance(node, ast.Call) and node.func.name in _MATCH:
            return self._matched(node)
        raise not_implemented()

    def _joined(self, node: Any) -> _Term:
        left, right = self.term(node.left), self.term(node.right)
        columns = left.columns | right.columns
        one, two = left.matches, right.matches
        if isinstance(node.op, ast.And):
            exact = left.exact and right.exact
            return _Term(lambda r: one(r) and two(r), columns, left.bounds + right.bounds, exact)
        if len(columns) > 1:
            raise not_implemented(
                "The 'OR' operator is not supported on distinct fields on an OData filter."
            )
        bounds, held = _either(left, right), left.held
        if bounds and held:  # one look, however many values are joined
            choices = bounds[0].choices
            return _Term(lambda r: held(r) in choices, columns, bounds, exact=True, held=held)
        return _Term(lambda r: one(r) or two(r), columns, bounds, exact=bool(bounds))

    def _property(self, node: Any) -> Property:
        if not isinstance(node, ast.Identifier) or node.namespace:
            raise not_implemented()
        prop = self._schema.properties.get(node.name)
        if prop is None:
            entity = self._schema.entity
            raise bad_request(
                f"Could not find a property named '{node.name}' on type 'Microsoft.NAV.{entity}'."
            )
        if prop.type == "Edm.Stream":
            raise not_implemented()
        return prop

    def _folded(self, node: Any) -> tuple[Property, bool]:
        """Look through tolower and toupper, which only switch off case sensitivity."""
        if isinstance(node, ast.Call) and node.func.name in _FOLDS:
            return self._property(node.args[0]), True
        return self._property(node), False

    def _compared(self, node: Any) -> _Term:
        if isinstance(node.comparator, ast.In):
            return self._listed(node)
        left = node.left
        if isinstance(left, ast.Call) and left.func.name == "substring":
            return self._substring(left, node)
        prop, folded = self._folded(left)
        name, kind = prop.name, prop
        word, compare = _COMPARE[type(node.comparator)]
        if isinstance(node.right, ast.Null):
            return self._unset(prop, word, compare)
        if isinstance(node.right, _NO_LITERALS):
            raise not_implemented()
        value = constant(prop, node.right)
        if prop.type == "Edm.String" and (folded or "*" in str(value)):
            return _wildcard(name, str(value), folded=folded, equal=word == "eq")
        bounds = (Bound(name, word, value),)
        if prop.type == "Edm.DateTimeOffset" or prop.is_enum:
            held: Callable[[Row], Any] = lambda r: sortable(kind, r[name])  # noqa: E731 - named for its field
        else:
            held = operator.itemgetter(name)
        return _Term(lambda r: compare(held(r), value), {name}, bounds, exact=True, held=held)

    def _unset(self, prop: Property, word: str, compare: Callable[[Any, Any], bool]) -> _Term:
        if word not in ("eq", "ne"):
            raise not_implemented()
        if prop.type == "Edm.TimeOfDay" and not self._modern:
            # Before $schemaversion=2.1 the whole set comes back (ALAppExtensions#23810).
            return _Term(lambda _: True, {prop.name})
        nothing = blank(prop)
        return _Term(lambda r: compare(sortable(prop, r[prop.name]), nothing), {prop.name})

    def _listed(self, node: Any) -> _Term:
        if not self._modern:
            raise not_implemented()
        prop = self._property(node.left)
        if not isinstance(node.right, ast.List):
            raise not_implemented()
        wanted = {constant(prop, item) for item in node.right.val}
        bounds = (Bound(prop.name, "in", frozenset(wanted)),)
        return _Term(
            lambda r: sortable(prop, r[prop.name]) in wanted, {prop.name}, bounds, exact=True
        )

    def _substring(self, call: Any, node: Any) -> _Term:
        """Approximate as AL does: the part may stand anywhere."""
        prop = self._property(call.args[0])
        if not isinstance(node.comparator, ast.Eq) or not isinstance(node.right, ast.String):
            raise not_implemented()
        part = node.right.val
        return _Term(lambda r: part in str(r[prop.name]), {prop.name})

    def _matched(self, node: Any) -> _Term:
        target, part = node.args
        if isinstance(target, ast.Call) and not self._modern:
            raise not_implemented()
        prop, folded = self._folded(target)
        if prop.type != "Edm.String" or not isinstance(part, ast.String):
            raise bad_request(f"No function signature for '{node.func.name}' matches.")
        name, match, wanted = prop.name, _MATCH[node.func.name], constant(prop, part)
        if folded:
            low = wanted.lower()
            return _Term(lambda r: match(str(r[name]).lower(), low), {name})
        return _Term(lambda r: match(str(r[name]), wanted), {name})


def _either(left: _Term, right: _Term) -> tuple[Bound, ...]:
    """Say what a column may be where both sides of an `or` name its values, else nothing."""
    if not (left.exact and right.exact and len(left.bounds) == len(right.bounds) == 1):
        return ()
    one, two = left.bounds[0], right.bounds[0]
    if not (one.choices and two.choices):
        return ()
    return (Bound(one.column, "in", one.choices | two.choices),)


def _wildcard(name: str, pattern: str, *, folded: bool, equal: bool) -> _Term:
    """Compare with an AL pattern, in which `*` stands for anything."""
    flags = re.IGNORECASE if folded else 0
    shape = re.compile(".*".join(map(re.escape, pattern.split("*"))), flags | re.DOTALL)
    return _Term(lambda r: (shape.fullmatch(str(r[name])) is not None) == equal, {name})


def _has_lambda(node: Any) -> bool:
    if isinstance(node, ast.CollectionLambda):
        return True
    parts = [getattr(node, name, None) for name in ("left", "right", "operand")]
    return any(_has_lambda(part) for part in parts if part is not None)


def accept_filter(text: str, schema: EntitySet, version: str) -> Filter:
    """Judge a filter.

    A filter with `any` or `all` is ignored, as documented: the whole table passes.

    :param text: the value of `$filter`, decoded; empty for none.
    :param schema: the entity set.
    :param version: the `$schemaversion`.
    :returns: the filter to apply.
    :raises ODataError: 400 or 501 for what Business Central does not serve.
    """
    if not text:
        return Filter(lambda _: True, exact=True)
    tree = parse_filter(text)
    if _has_lambda(tree):
        return Filter(lambda _: True, exact=True)
    term = _Judge(schema, version).term(tree)
    return Filter(term.matches, term.bounds, term.exact)
