"""How the server says no, and that it could not be asked."""

from __future__ import annotations

from typing import Any

import httpx


class Refused(Exception):
    """The server refused a request (RFC 9457). Nothing was changed.

    status   400 cannot be read, 401 no usable token, 403 not allowed, 404 not there, 409 a rule stands against it, ...
    detail   why, in words
    errors   which field, row and column, where the body was at fault
    reasons  every rule that stands against it, where rules do
    """

    def __init__(self, status: int, detail: str, *, errors: list[dict[str, Any]], reasons: list[str]) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.reasons = status, detail, errors, reasons


class Unreachable(Exception):
    """The server did not answer, or something that is no mrm server did."""


def unreachable(address: httpx.URL, fault: httpx.TransportError) -> Unreachable:
    return Unreachable(f"{address} cannot be reached ({fault}). Does the server run, and is MRM_URL its address?")


def is_json(response: httpx.Response) -> bool:
    kind: str = response.headers.get("Content-Type", "").partition(";")[0]
    return kind == "application/json" or kind.endswith("+json")


def refusal(response: httpx.Response) -> Refused | Unreachable:
    """What an answer says that is not the one asked for."""
    status, asked = response.status_code, response.request.url
    if response.is_redirect:
        return Unreachable(
            f"{asked} has moved to {response.headers['Location']}; give the address where the server is."
        )
    if response.is_success or not is_json(response):
        return Unreachable(f"{asked} answered {status} and nothing that an mrm server says; is MRM_URL its address?")
    body = response.json()
    return Refused(status, body.get("detail", ""), errors=body.get("errors", []), reasons=body.get("reasons", []))
