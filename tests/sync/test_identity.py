from __future__ import annotations

import pytest

from airflow_provider_bc.sync.identity import Identity, identity_of
from tests.sync.ledger import ENTRY, METADATA


def test_key_and_stamp_are_those_of_the_metadata() -> None:
    stamp = "lastModifiedDateTime"

    assert identity_of(ENTRY) == Identity(("id",), stamp, stamp)
    assert identity_of(METADATA.entity_types["line"]).key == ("id", "number")


def test_custom_apis_have_another_stamp() -> None:
    found = identity_of(METADATA.entity_types["keyless"])

    assert found == Identity((), "systemModifiedAt", "systemModifiedAt")


def test_an_entity_may_have_no_stamp() -> None:
    assert identity_of(METADATA.entity_types["stampless"]) == Identity(("id",), None, None)


@pytest.mark.parametrize("name", ["attachment", "documentAttachment"])
def test_what_is_stamped_on_insert_only_has_no_stamp_that_tells_of_changes(name: str) -> None:
    assert identity_of(METADATA.entity_types[name]) == Identity(("id",), None, None)
