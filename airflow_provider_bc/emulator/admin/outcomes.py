"""How the next operations are to end: the switches of the emulator's admin center."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = {
    "succeeded": "it does what it was asked to do",
    "failed": "it runs, then fails with the message",
    "canceled": "it runs, then is canceled",
    "skipped": "it never runs",
    "stuck": "it runs until it is released",
    "waiting": "it stays scheduled, as before an update window, until it is released",
}


@dataclass(slots=True)
class Outcome:
    """A planned end.

    :param name: one of `NAMES`.
    :param message: the operation's `errorMessage`.
    :param type: only operations of this type; None for any.
    :param times: how many operations it is still planned for.
    """

    name: str = "succeeded"
    message: str = ""
    type: str | None = None
    times: int = 1


class Outcomes:
    """The planned ends; the first that fits an operation is taken."""

    def __init__(self) -> None:
        self._plans: list[Outcome] = []

    def plan(
        self, name: str, message: str = "", kind: str | None = None, times: int = 1
    ) -> Outcome:
        """Plan how an operation is to end.

        :param name: one of `NAMES`.
        :param message: the operation's `errorMessage`.
        :param kind: only operations of this type; None for any.
        :param times: how many operations.
        :returns: the plan, whose `times` tells what is still to come.
        :raises ValueError: for an unknown name.
        """
        if name not in NAMES:
            raise ValueError(f"unknown outcome {name!r}; there are {', '.join(NAMES)}")
        plan = Outcome(name, message or f"The operation was {name}.", kind, times)
        self._plans.append(plan)
        return plan

    def take(self, kind: str) -> Outcome:
        """Take the plan for an operation that was just accepted.

        :param kind: its type.
        :returns: the plan; an unplanned operation succeeds.
        """
        for plan in self._plans:
            if plan.times > 0 and plan.type in (None, kind):
                plan.times -= 1
                return Outcome(plan.name, "" if plan.name == "succeeded" else plan.message)
        return Outcome()

    def clear(self) -> None:
        """Forget all plans."""
        self._plans.clear()
