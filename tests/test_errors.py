from __future__ import annotations

import copy
import inspect
import pickle
import re
from textwrap import dedent

import pytest

from airflow_provider_bc import errors
from airflow_provider_bc.errors import BusinessCentralError

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, BusinessCentralError)
]
DRAWN = re.compile(r"^(?P<stem>[│├└─ ]*)(?P<name>[A-Z]\w+)", re.MULTILINE)


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawing = dedent((errors.__doc__ or "").partition("::")[2].partition("https://")[0])
    trail: list[str] = []
    drawn: dict[str, str] = {}
    for found in DRAWN.finditer(drawing):
        depth = len(found["stem"]) // 4
        trail[depth:] = [found["name"]]
        drawn[found["name"]] = trail[depth - 1] if depth else "Exception"

    assert drawn == {kind.__name__: kind.__base__.__name__ for kind in KINDS if kind.__base__}


def test_the_message_begins_with_the_code_and_ends_with_the_remedy() -> None:
    error = errors.NotFound(
        "No such record.",
        remedy="Correct the key.",
        code="BadRequest_ResourceNotFound",
        status=404,
        correlation_id="c0ffee",
        request_line="GET https://host/a",
    )

    assert str(error) == (
        "[BadRequest_ResourceNotFound HTTP 404] No such record. "
        "(correlation id c0ffee; GET https://host/a) Correct the key."
    )


def test_a_message_leaves_out_what_is_not_known() -> None:
    assert str(BusinessCentralError("It failed.")) == "It failed."
    assert str(BusinessCentralError("It failed.", status=500)) == "[HTTP 500] It failed."
    assert str(BusinessCentralError("It failed.", correlation_id="c")) == (
        "It failed. (correlation id c)"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, lambda error: pickle.loads(pickle.dumps(error))],  # noqa: S301
)
def test_every_error_survives_copy_and_pickle_whole(
    kind: type[BusinessCentralError], duplicate: type
) -> None:
    error = kind(
        "It failed.", remedy="Try.", code="C", status=1, correlation_id="i", request_line="GET"
    )

    twin = duplicate(error)

    assert type(twin) is kind
    assert twin is not error
    assert vars(twin) == vars(error)
    assert str(twin) == str(error)
