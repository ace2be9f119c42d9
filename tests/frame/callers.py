"""For schemathesis: one call after another comes from somebody else, so that every address is asked by every role.

Every second call is that of an engineer who is the owner, who comes furthest; the others take turns.
"""

import json
from itertools import count
from pathlib import Path

import schemathesis

TOKENS: list[list[str]] = json.loads(Path("tokens.json").read_text())


@schemathesis.auth(refresh_interval=None)
class Callers:
    def __init__(self) -> None:
        self.calls = count()

    def get(self, case, context) -> str:
        turn, is_anothers = divmod(next(self.calls), 2)
        return TOKENS[1 + turn % (len(TOKENS) - 1) if is_anothers else 0][0]

    def set(self, case, data: str, context) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def after_call(context, case, response) -> None:
    """Whose token was revoked by an earlier call goes on with the next."""
    if response.status_code != 401 or "This token was revoked" not in response.text:
        return
    asked_with = response.request.headers["Authorization"].removeprefix("Bearer ")
    for tokens in TOKENS:
        if tokens[0] == asked_with and len(tokens) > 1:
            del tokens[0]
