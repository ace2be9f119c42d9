"""The examples of tokens in the OpenAPI document."""

from inventory.api.examples import ID, PERSON, WHEN
from inventory.api.paging import page_example

TOKEN_IN = {
    "name": "Nightly training",
    "workspace": "main",
    "actions": ["register_version", "log_data"],
    "models": ["credit-pd"],
    "expires_at": "2026-01-01T00:00:00Z",
}
TOKEN = TOKEN_IN | {
    "id": ID,
    "person": PERSON,
    "version": None,
    "prefix": "mrm_4kZq9x",
    "created_at": WHEN,
    "expires_at": "2026-01-01T00:00:00Z",
    "revoked_at": None,
    "last_used_at": None,
}
TOKEN_PAGE = page_example(TOKEN)
TOKEN_ISSUED = {"token": TOKEN, "secret": "mrm_4kZq9x…"}
TOKEN_REVOKED = TOKEN | {"revoked_at": WHEN}
SERVICE_ACCOUNT_IN = {"name": "Nightly training", "email": "nightly-training@bank.example"}
SERVICE_ACCOUNT = SERVICE_ACCOUNT_IN | {
    "id": ID,
    "state": "open",
    "roles": ["engineer"],
    "working_tokens": 1,
    "last_used_at": WHEN,
    "created_at": WHEN,
}
SERVICE_ACCOUNT_PAGE = page_example(SERVICE_ACCOUNT)
SERVICE_ACCOUNT_CLOSED = SERVICE_ACCOUNT | {"state": "closed", "roles": [], "working_tokens": 0}
