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


def refusal(response: httpx.Response) -> Refused | Unreachable:
    """What an answer of 400 and above says."""
    if response.headers.get("Content-Type", "").partition(";")[0] != "application/problem+json":
        return Unreachable(
            f"{response.request.url} answered {response.status_code} without saying why; is it the address of an mrm "
            "server?"
        )
    body = response.json()
    return Refused(
        response.status_code, body.get("detail", ""), errors=body.get("errors", []), reasons=body.get("reasons", [])
    )
