"""Which entries of a computed ledger can satisfy some comparisons, told without looking at them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_bc.emulator.schema.model import UNSET_MOMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MIGRATED = 499  # every so many entries was never touched since migration
BLOCK = 25  # entries of one posting share one stamp, as after bulk posting
_UNSET = UNSET_MOMENT.rstrip("Z")


def migrated(numbers: range) -> range:
    """Pick the entries that were never touched since migration.

    :param numbers: consecutive entry numbers.
    :returns: the numbers of those among them.
    """
    first = numbers.start + (MIGRATED - 1 - numbers.start) % MIGRATED
    return range(first, max(numbers.stop, first), MIGRATED)


@dataclass(frozen=True, slots=True)
class Window:
    """Some entries of a ledger.

    :param numbers: consecutive numbers.
    :param dated: those among them whose stamp fits, also consecutive.
    :param undated: whether the entries that were never touched fit, wherever they are.
    """

    numbers: range
    dated: range
    undated: bool = True

    def numbered(self, operator: str, number: int) -> Window:
        """Keep the entries whose number compares with another.

        :param operator: `gt`, `ge`, `lt`, `le` or `eq`.
        :param number: what it is compared with.
        :returns: the rest.
        """
        start = number + (operator == "gt") if operator in ("gt", "ge", "eq") else 0
        stop = number + (operator != "lt") if operator in ("lt", "le", "eq") else None
        return self.between(start, stop)

    def stamped(self, operator: str, moment: str, stamps: Sequence[str]) -> Window:
        """Keep the entries whose stamp compares with a moment.

        :param operator: `gt`, `ge`, `lt`, `le` or `eq`.
        :param moment: what it is compared with, without its `Z`.
        :param stamps: the stamps of the blocks, ascending, without their `Z`.
        :returns: the rest.
        """
        left, right = bisect_left(stamps, moment), bisect_right(stamps, moment)
        edges = {
            "gt": (right, None, moment < _UNSET),
            "ge": (left, None, moment <= _UNSET),
            "lt": (0, left, moment > _UNSET),
            "le": (0, right, moment >= _UNSET),
            "eq": (left, right, moment == _UNSET),
        }
        first, last, undated = edges[operator]
        stop = self.numbers.stop if last is None else last * BLOCK + 1
        dated = _clipped(self.dated, first * BLOCK + 1, stop)
        return Window(self.numbers, dated, self.undated and undated)

    def between(self, start: int, stop: int | None = None) -> Window:
        """Keep a stretch.

        :param start: its first number.
        :param stop: the number behind its last one, None for no end.
        :returns: the rest.
        """
        end = self.numbers.stop if stop is None else stop
        clipped = _clipped(self.numbers, start, end), _clipped(self.dated, start, end)
        return Window(*clipped, self.undated)

    def runs(self) -> Iterator[range]:
        """List the entries, as ranges that are not empty.

        :returns: the ranges in ascending order.
        """
        numbers, dated = self.numbers, self.dated
        if self.undated:
            middle = dated or range(numbers.start, numbers.start)
            before = migrated(range(numbers.start, middle.start))
            behind = migrated(range(middle.stop, numbers.stop))
            yield from filter(None, (before, middle, behind))
            return
        at = dated.start
        for gap in migrated(dated):
            if at < gap:
                yield range(at, gap)
            at = gap + 1
        if at < dated.stop:
            yield range(at, dated.stop)


def _clipped(numbers: range, start: int, stop: int) -> range:
    first = min(max(numbers.start, start), numbers.stop)
    return range(first, max(first, min(numbers.stop, stop)))
