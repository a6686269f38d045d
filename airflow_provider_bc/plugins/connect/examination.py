"""The doctor's list while it grows, and its verdict once it is complete."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_provider_bc.hooks.business_central import BusinessCentralHook
from airflow_provider_bc.hooks.diagnosis.result import Result
from airflow_provider_bc.hooks.diagnosis.run import works


class Examination:
    """A connection that is being examined.

    :param hook: of the connection; it is closed afterwards.
    """

    def __init__(self, hook: BusinessCentralHook) -> None:
        self.conn_id = hook.bc_conn_id
        self._hook = hook
        self._results: list[Result] = []

    def __iter__(self) -> Iterator[Result]:
        """Examine: each result comes as soon as it is known."""
        with self._hook as hook:
            for result in hook.diagnose():
                self._results.append(result)
                yield result

    @property
    def works(self) -> bool:
        """Whether data can be read, by the results so far."""
        return works(self._results)

    @property
    def first_red(self) -> Result | None:
        """What to repair first."""
        return next((one for one in self._results if one.state == "red" and one.needed), None)
