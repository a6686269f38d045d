"""What tells the rows of an entity set apart, and when one was changed."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_bc.odata.metadata import EntityType
from airflow_provider_bc.sync.commit import STAMPS

_STAMPED_ON_INSERT_ONLY = frozenset({"attachment", "documentAttachment"})


@dataclass(frozen=True, slots=True)
class Identity:
    """How to know a row, and whether it is newer than another.

    :param key: the names of the key columns.
    :param stamp: the column that tells when a row was last changed, None where there is none.
    :param stamp_field: the property that stands for it in a condition.
    """

    key: tuple[str, ...]
    stamp: str | None
    stamp_field: str | None


def identity_of(entity_type: EntityType) -> Identity:
    """Find the key and the stamp of an entity type.

    Attachments are stamped when they are created, and not when they are changed; that is no stamp.

    :param entity_type: of the rows.
    """
    stamp = stamp_of(entity_type)
    return Identity(entity_type.key, stamp, stamp)


def stamp_of(entity_type: EntityType) -> str | None:
    """Name the property that tells when a row was last changed, None where there is none.

    :param entity_type: of the rows.
    """
    if entity_type.name in _STAMPED_ON_INSERT_ONLY:
        return None
    return next((name for name in STAMPS if name in entity_type.properties), None)
