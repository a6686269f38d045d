"""What one load will do, decided before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol

from airflow_provider_bc.errors import ConfigurationError
from airflow_provider_bc.odata.filters import Field
from airflow_provider_bc.sync.commit import Commit, Kind, Mode, Source
from airflow_provider_bc.sync.identity import Identity
from airflow_provider_bc.sync.policy import Policy

_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)


class _Table(Protocol):
    def last_commit(self, source: Source, *, same_query: bool = True) -> Commit | None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What one load will do.

    :param source: where the rows come from.
    :param last: the newest commit of the table, None for the first.
    :param kind: whether every row is read, or the changed ones.
    :param key: the names of the key properties.
    :param stamp: the field that tells when a row was last changed, None where there is none.
    :param since: from which stamp on rows are read, None for every row.
    :param until: up to which stamp rows are complete: what is younger may be rolled back.
    :param sweep: whether all keys are compared with the source.
    :param where: the condition that the caller wants, as text.
    :param policy: how careful the load is.
    :param resume_key: what the attempts of one task have in common, None where there are no others.
    :param stamp_field: the property that stands for `stamp` in a condition, where it has another
        name.
    :param full: whether the caller wants every row read, and stored whatever is there.
    """

    source: Source
    last: Commit | None
    kind: Kind
    key: tuple[str, ...]
    stamp: str | None
    since: datetime | None
    until: datetime
    sweep: bool
    where: str | None
    policy: Policy
    resume_key: str | None = None
    stamp_field: str | None = None
    full: bool = False

    @property
    def sequence(self) -> int:
        """The number of the commit to be made."""
        return self.last.sequence + 1 if self.last else 1

    @property
    def token(self) -> str | None:
        """A name for the work at hand, the same for each attempt at it; None if it has but one."""
        if self.resume_key is None:
            return None
        work = (self.resume_key, self.source, self.sequence, self.kind, self.since, self.where)
        return sha256(repr(work).encode()).hexdigest()[:20]

    def __str__(self) -> str:
        rows = f"rows changed since {self.since.isoformat()}" if self.since else "every row"
        sweep = ", and all keys" if self.sweep else ""
        return f"{rows}{sweep}, as commit {self.sequence}"

    def condition(self, since: datetime | None = None) -> str | None:
        """Combine the caller's condition with the bounds of the stamp.

        :param since: the lower bound in place of the plan's; then there is no upper one.
        """
        bounds = [f"({self.where})"] if self.where else []
        lower = since or self.since
        if self.stamp is None or lower is None:
            return self.where
        field = Field(self.stamp_field or self.stamp)
        bounds.append(str(field >= lower))
        if since is None:
            bounds.append(str(field < self.until))
        return " and ".join(bounds)


def plan_load(
    mode: Mode,
    identity: Identity,
    source: Source,
    table: _Table,
    now: datetime,
    *,
    policy: Policy,
    where: str | None = None,
    resume_key: str | None = None,
) -> Plan:
    """Decide what to read; an entity set without a stamp or a key is read whole each time.

    :param mode: ``incremental`` or ``full``.
    :param identity: how to know a row, and whether it is newer than another.
    :param source: where the rows come from.
    :param table: where they go.
    :param now: the time of the service.
    :param policy: how careful the load is.
    :param where: the condition that the caller wants, as text.
    :param resume_key: what the attempts of one task have in common.
    :raises ConfigurationError: for an unknown mode.
    """
    last = _last_commit(mode, source, table)
    since = _since(last, identity, policy) if mode == "incremental" else None
    return Plan(
        source=source,
        last=last,
        kind="changes" if since else "snapshot",
        key=identity.key,
        stamp=identity.stamp,
        since=since,
        until=_milliseconds(now - policy.lag),
        sweep=bool(since and last and _sweep_is_due(last, policy, now)),
        where=where if where and where.strip() else None,
        policy=policy,
        resume_key=resume_key,
        stamp_field=identity.stamp_field,
        full=mode == "full",
    )


def _last_commit(mode: Mode, source: Source, table: _Table) -> Commit | None:
    if mode not in ("incremental", "full"):
        raise ConfigurationError(f"mode is {mode!r}.", remedy='Use "incremental" or "full".')
    return table.last_commit(source, same_query=mode == "incremental")


def _since(last: Commit | None, identity: Identity, policy: Policy) -> datetime | None:
    if last is None or last.watermark is None or not (identity.stamp and identity.key):
        return None
    since = last.watermark - min(policy.overlap, last.watermark - _EARLIEST)
    return _milliseconds(since)


def _milliseconds(moment: datetime) -> datetime:
    """Cut off what Business Central does not know: a finer bound might be rounded up or down."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _sweep_is_due(last: Commit, policy: Policy, now: datetime) -> bool:
    if policy.sweep_every is None:
        return False
    due = last.swept_at is None or now - last.swept_at >= policy.sweep_every
    return due or not policy.sweep_every
