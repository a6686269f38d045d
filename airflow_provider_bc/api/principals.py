"""The apps that a client signs requests as, in turn.

Business Central limits each of them by itself, and Microsoft advises to spread load over several:
https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/operational-limits-online
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from airflow_provider_bc.auth.choice import grant_of
from airflow_provider_bc.auth.grant import Grant
from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.pace import Pace
from airflow_provider_bc.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Principal:
    """An app or person that requests are signed as.

    :param conn_id: the connection that describes it, for the log.
    :param grant: how it signs in.
    :param pace: the limits that it keeps.
    """

    conn_id: str
    grant: Grant
    pace: Pace = field(default_factory=Pace)

    @classmethod
    def of(cls, settings: Settings, conn_id: str = "", pace: Pace | None = None) -> Principal:
        """Take the principal of a connection.

        :param settings: the connection.
        :param conn_id: its id.
        :param pace: the limits that it keeps; new ones by default.
        :raises ConfigurationError: when its credential cannot be read.
        """
        return cls(conn_id, grant_of(settings, conn_id), pace or Pace())


class Principals:
    """Principals in rotation; one that is refused is set aside.

    There is no lock: a principal that two threads set aside is set aside once.

    :param principals: the connection's own first, then those that it names.
    """

    def __init__(self, principals: Sequence[Principal]) -> None:
        self._all = tuple(principals)
        self._aside: frozenset[Principal] = frozenset()
        self._turn = itertools.count()

    @property
    def first(self) -> Principal:
        """The connection's own."""
        return self._all[0]

    def __len__(self) -> int:
        return len(self._all)

    def next(self) -> Principal:
        """Give the one whose turn it is."""
        able = [one for one in self._all if one not in self._aside] or self._all
        return able[next(self._turn) % len(able)]

    def set_aside(self, principal: Principal, error: BusinessCentralError) -> bool:
        """Leave out a principal that was refused.

        :param principal: who.
        :param error: why.
        :return: whether another one is left; otherwise all take turns again.
        """
        aside = self._aside | {principal}
        if len(aside) == len(self._all):
            self._aside = frozenset()
            return False
        if principal not in self._aside:
            log.warning("The connection %r is set aside: %s", principal.conn_id, error)
        self._aside = aside
        return True
