"""The contenders: each module has one function `copy`, written as its users write it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to copy an entity set.

    :param title: how the tables call it.
    :param needs: the module that has to be installed for it.
    :param peer: whether others really use it; the floor is none.
    :param database: whether it copies to PostgreSQL.
    """

    title: str
    needs: str
    peer: bool = True
    database: bool = False

    @property
    def sequential(self) -> bool:
        """Whether it reads page after page, as every peer does."""
        return self.peer


OURS, FLOOR, REQUESTS, DLT = "ours", "floor", "requests_loop", "dlt_rest_api"
HTTP_OPERATOR, OURS_TO_POSTGRESQL = "http_operator", "ours_to_postgresql"

CONTENDERS = {
    OURS: Contender("this provider, Parquet", "pyarrow", peer=False),
    FLOOR: Contender("the floor", "pyarrow", peer=False),
    REQUESTS: Contender("a requests loop", "requests"),
    HTTP_OPERATOR: Contender("Airflow's HttpOperator", "airflow.providers.http"),
    DLT: Contender("dlt rest_api", "dlt"),
    OURS_TO_POSTGRESQL: Contender(
        "this provider, PostgreSQL", "psycopg2", peer=False, database=True
    ),
}
