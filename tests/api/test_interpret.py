from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_bc import errors
from airflow_provider_bc.api.interpret import explain
from airflow_provider_bc.errors import BusinessCentralError
from airflow_provider_bc.wire import Request, Response
from tests.peer import complaint

GET = Request("GET", "https://host/customers?$filter=secret")
POST = Request("POST", "https://host/customers")
GUID = "5d115c9c-44e3-ea11-bb43-000d3a2feca1"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, errors.UnexpectedAnswer),
        (302, errors.UnexpectedAnswer),
        (400, errors.RequestRejected),
        (401, errors.AuthenticationError),
        (403, errors.AuthorizationError),
        (404, errors.NotFound),
        (405, errors.RequestRejected),
        (408, errors.RequestTooLarge),
        (409, errors.Conflict),
        (410, errors.RequestRejected),
        (412, errors.Conflict),
        (413, errors.RequestTooLarge),
        (414, errors.RequestRejected),
        (415, errors.RequestRejected),
        (418, errors.RequestRejected),
        (429, errors.Unavailable),
        (500, errors.Unavailable),
        (501, errors.RequestRejected),
        (502, errors.Unavailable),
        (503, errors.Unavailable),
        (504, errors.RequestTooLarge),
        (599, errors.Unavailable),
        (199, errors.UnexpectedAnswer),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"error":{"code":"Unknown","message":"m"}}', b"<html>m</html>", b"[]"]
)
def test_the_status_decides_the_error_whatever_the_body(
    status: int, kind: type[BusinessCentralError], body: bytes
) -> None:
    error = explain(GET, Response(status, body=body))

    assert type(error) is kind
    assert error.status == status
    assert error.request_line == "GET https://host/customers?…"
    assert error.message
    assert error.remedy.endswith(".")
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "Application_DialogException", errors.ApplicationRejected),
        (400, "Application_FieldValidationException", errors.ApplicationRejected),
        (429, "Application_TooManyRequests", errors.Unavailable),
        (400, "BadRequest", errors.RequestRejected),
        (400, "BadRequest_NotFound", errors.RequestRejected),
        (404, "BadRequest_NotFound", errors.NotFound),
        (409, "Request_EntityChanged", errors.Conflict),
        (501, "BadRequest_MethodNotImplemented", errors.RequestRejected),
        (400, "Internal_EntityWithSameKeyExists", errors.RequestRejected),
        (400, "Internal_CompanyNotFound", errors.RequestRejected),
        (500, "Internal_ServerError", errors.Unavailable),
        (503, "Internal_TenantUnavailable", errors.Unavailable),
        (401, "Authentication_InvalidCredentials", errors.AuthenticationError),
        (400, "Authorization_RequestDenied", errors.AuthorizationError),
        (401, "Authorization_RequestDenied", errors.AuthorizationError),
    ],
)
def test_the_code_refines_the_status(
    status: int, code: str, kind: type[BusinessCentralError]
) -> None:
    error = explain(GET, complaint(status, code))

    assert type(error) is kind
    assert error.code == code


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("code", ["Internal_ServerError", "Application_DialogException"])
@pytest.mark.parametrize(
    "said",
    [
        "You do not have the following permissions on TableData Customer: Read.",
        "Sorry, the current permissions prevented the action.",
    ],
)
def test_a_missing_permission_is_an_authorization_error_under_any_status(
    status: int, code: str, said: str
) -> None:
    error = explain(GET, complaint(status, code, said))

    assert type(error) is errors.AuthorizationError
    assert "add a permission set" in error.remedy


def test_business_logic_may_speak_of_permissions_of_its_own() -> None:
    said = "The work permission of the employee has expired."
    error = explain(POST, complaint(400, "Application_DialogException", said))

    assert type(error) is errors.ApplicationRejected


@pytest.mark.parametrize(
    ("code", "status", "remedy"),
    [
        ("NoEnvironment", 404, "Correct the environment"),
        ("Internal_CompanyNotFound", 400, "Correct the company"),
        ("BadRequest_ResourceNotFound", 404, "Correct the entity set or field"),
        ("BadRequest_NotFound", 404, "Correct the API route"),
        ("BadRequest_InvalidToken", 400, "Send If-Match"),
        ("BadRequest_MethodNotImplemented", 501, "Simplify the filter"),
        ("BadRequest_MethodNotAllowed", 405, "does not allow that method"),
        ("Internal_EntityWithSameKeyExists", 400, "There is such a record already"),
        ("Request_EntityChanged", 409, "Read the record again"),
    ],
)
def test_well_known_codes_have_remedies_of_their_own(code: str, status: int, remedy: str) -> None:
    assert remedy in explain(POST, complaint(status, code)).remedy


BODIES: list[tuple[bytes, str | None, str]] = [
    (b'{"error":{"code":"C","message":"It failed."}}', "C", "It failed."),
    (b'\xef\xbb\xbf {"error":{"code":"C","message":"It failed."}}', "C", "It failed."),
    (b'{"code":"C","message":"It failed.","target":"t"}', "C", "It failed. (t)"),
    (b'{"code":7,"message":"It failed."}', "7", "It failed."),
    (b'{"error":{"message":"It failed."}}', None, "It failed."),
    (b'{"error":{"code":"C"}}', "C", "GET was answered with HTTP 400."),
    (b'{"message":null}', None, "GET was answered with HTTP 400."),
    (b'"It failed."', None, "It failed."),
    (b"null", None, "GET was answered with HTTP 400."),
    (b"It failed.", None, "It failed."),
    (b"  ", None, "GET was answered with HTTP 400."),
    (b"\xff\xfe", None, "\ufffd\ufffd"),
    (
        (
            b'<?xml version="1.0"?><m:error xmlns:m="x"><m:code> C </m:code>'
            b'<m:message xml:lang="en">It failed.</m:message></m:error>'
        ),
        "C",
        "It failed.",
    ),
    (b"<error><message>It failed.</message></error>", None, "It failed."),
    (b"<error><code>C</code></error>", "C", "GET was answered with HTTP 400."),
    (b"<html><h1>It</h1>\n<p>failed.</p></html>", None, "It failed."),
]


@pytest.mark.parametrize(("body", "code", "message"), BODIES)
def test_code_and_message_are_found_in_every_kind_of_body(
    body: bytes, code: str | None, message: str
) -> None:
    error = explain(GET, Response(400, body=body))

    assert (error.code, " ".join(error.message.split())) == (code, message)


def test_the_correlation_id_moves_out_of_the_message() -> None:
    said = f"The server has rejected the client credentials.  CorrelationId:  {GUID}."
    error = explain(GET, complaint(401, "Authentication_InvalidCredentials", said))

    assert error.message == "The server has rejected the client credentials."
    assert error.correlation_id == GUID
    assert str(error).startswith(
        "[Authentication_InvalidCredentials HTTP 401] The server has rejected"
    )


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"ms-correlation-x": "a", "request-id": "b"}, "a"),
        ({"request-id": "b"}, "b"),
        ({}, None),
    ],
)
def test_the_correlation_id_may_be_in_a_header(headers: dict[str, str], found: str | None) -> None:
    assert explain(GET, Response(500, headers)).correlation_id == found


def test_a_long_message_is_cut() -> None:
    assert len(explain(GET, Response(502, body=b"<p>" + b"x" * 100_000)).message) == 500


def test_a_failed_write_leaves_a_doubt_that_a_failed_read_does_not() -> None:
    doubt = "Look whether it was carried out."

    assert doubt in explain(POST, Response(500)).remedy
    assert doubt not in explain(GET, Response(500)).remedy


@given(
    st.integers(100, 999),
    st.binary()
    | st.recursive(
        st.none() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["error", "code", "message", "x"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_any_answer_has_an_error(status: int, body: Any) -> None:
    error = explain(GET, Response(status, body=body))

    assert error.message
    assert error.code is None or isinstance(error.code, str)
    assert len(str(error)) < 2_000


ADMIN = Request("POST", "https://host/admin/v2.29/exports/applications/BusinessCentral/x")


@pytest.mark.parametrize("request_", [ADMIN, POST])
@pytest.mark.parametrize("signed", ["?sv=1&sig=s3cr3t%2Bx", "?SIG=s3cr3t&sv=1", "%26sig%3Ds3cr3t"])
def test_a_signature_that_an_answer_repeats_is_not_told(request_: Request, signed: str) -> None:
    text = f"No access to 'https://a.blob.core.windows.net/{signed}'."
    for body in ({"code": "exportFailed", "message": text}, {"error": {"message": text}}):
        error = explain(request_, Response(400, body=json.dumps(body).encode()))
        assert "s3cr3t" not in f"{error} {error!r}"
        assert "https://a.blob.core.windows.net/" in str(error)


def test_the_extensions_that_are_in_the_way_are_named() -> None:
    body = {
        "code": "conflictingDeveloperExtensions",
        "message": "There are developer extensions.",
        "extensionData": {"extensions": [{"name": "Bönus"}]},
    }
    error = explain(ADMIN, Response(400, body=json.dumps(body).encode()))
    assert "Bönus" in str(error)
