"""Asking the REST API, and reading what it refuses."""

import json

from tests.factories import PASSWORD


def post_json(client, path, value, **headers):
    return client.post(path, json.dumps(value), content_type="application/json", headers=headers)


def patch_json(client, path, value, **headers):
    return client.patch(path, json.dumps(value), content_type="application/json", headers=headers)


def sign_json(client, path, **told):
    """Read what would be signed there, and sign it by password."""
    shown = client.get(path).json()
    return post_json(client, path, told | {"evidence_digest": shown.get("evidence_digest", ""), "password": PASSWORD})


def is_problem(response, status: int) -> dict:
    """The problem, having made sure that it is one."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status and body["title"] and body["detail"] and body["request_id"]
    return body
