"""Every fault the emulator can play, by name.

https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/dynamics-error-codes
"""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "throttled": "429 with Retry-After and Business Central's JSON body",
    "throttled_text": "429 with Retry-After: 60 and the plain text `Too Many Requests`, like Entra",
    "unavailable": "503 with Retry-After",
    "bad_gateway": "502 with Retry-After and an HTML body",
    "server_error": "500 Internal_ServerError",
    "gateway_timeout": "504: the request took the gateway more than ten minutes",
    "request_timeout": "408: the operation took more than eight minutes",
    "too_large": "413: the content is too large",
    "dropped": "the connection is reset before the response",
    "answer_lost": "the request is carried out, then the connection is reset before the response",
    "dropped_midway": "the headers and half of the body arrive, then the connection is reset",
    "cut_json": "200 with the first half of the JSON",
    "html_error": "500 with an HTML page",
    "error_in_200": "200 with an error body",
    "missing_value": "200 with a JSON object that has no `value`",
    "expired_token": "401 Authentication_InvalidCredentials, once: the token is as good as ever",
    "revoked": "all tokens issued so far are revoked before the request is looked at",
    "looping_next_link": "the page's next link is the page itself",
    "foreign_next_link": "the page's next link names another host",
    "empty_page_with_next_link": "a page without rows, with a next link to the page itself",
    "slow": "the right answer, `delay` seconds late",
    "redirect": "302 to another host",
    "unauthorized_xml": "401 with the gateway's XML body",
    "permission_denied": "400 Internal_ServerError with the text of a missing permission",
    "forbidden": "403",
}
"""Fault name to a one-line description."""
