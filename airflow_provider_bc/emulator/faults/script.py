"""Which request gets which fault."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_bc.emulator.faults.catalog import FAULTS
from airflow_provider_bc.emulator.faults.tamper import TAMPERS, WITHOUT_CONTENT

KINDS = ("data", "token", "metadata", "discovery", "sign-in", "admin")


@dataclass(slots=True)
class Fault:
    """One planned fault.

    :param name: a name of `FAULTS`.
    :param times: how often it is still played.
    :param after: how many matching requests it lets pass first.
    :param where: a kind of request (`KINDS`) or a part of the path.
    :param retry_after: seconds for the Retry-After header, where the fault has one.
    :param delay: seconds a `slow` answer is late.
    """

    name: str
    times: int = 1
    after: int = 0
    where: str = "data"
    retry_after: int = 1
    delay: float = 1.0

    def strikes(self, kind: str, path: str) -> bool:
        """Count a request and tell whether it is hit.

        :param kind: the kind of request.
        :param path: its path.
        :returns: True if the fault is to be played.
        """
        if self.times == 0 or not (kind == self.where or self.where in path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


class FaultScript:
    """The planned faults; the first that matches a request is played."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(
        self,
        name: str,
        times: int = 1,
        after: int = 0,
        where: str = "data",
        *,
        retry_after: int = 1,
        delay: float = 1.0,
    ) -> Fault:
        """Plan a fault.

        :param name: a name of `FAULTS`.
        :param times: how often it is played.
        :param after: how many matching requests it lets pass first.
        :param where: `data`, `token`, `metadata`, `discovery`, `sign-in`, `admin` or a part
            of the path.
        :param retry_after: seconds for the Retry-After header, where the fault has one.
        :param delay: seconds a `slow` answer is late.
        :returns: the plan, whose `times` tells what is still to come.
        :raises ValueError: for an unknown name, or a `where` that could match nothing.
        """
        if name not in FAULTS:
            raise ValueError(f"unknown fault {name!r}; there are {', '.join(FAULTS)}")
        if not where or times < 0 or after < 0:
            raise ValueError("where must not be empty, times and after must not be negative")
        fault = Fault(name, times, after, where, retry_after, delay)
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all planned faults."""
        self._faults.clear()

    @property
    def pending(self) -> list[Fault]:
        """The faults that are still to be played."""
        return [fault for fault in self._faults if fault.times]

    def instead(self, kind: str, path: str) -> Fault | None:
        """Find the fault that answers a request in the service's stead.

        :param kind: the kind of request.
        :param path: its path.
        :returns: the fault, None to let the service answer.
        """
        plans = [fault for fault in self._faults if fault.name not in TAMPERS]
        return next((fault for fault in plans if fault.strikes(kind, path)), None)

    def upon(self, kind: str, path: str, *, content: bool) -> Fault | None:
        """Find the fault that spoils a successful answer.

        :param kind: the kind of request.
        :param path: its path.
        :param content: whether the answer has a content.
        :returns: the fault, None to leave the answer alone.
        """
        able = TAMPERS if content else WITHOUT_CONTENT
        plans = [fault for fault in self._faults if fault.name in able]
        return next((fault for fault in plans if fault.strikes(kind, path)), None)
