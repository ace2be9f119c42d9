"""One connection to an mrm server."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx

from mrm_client.bodies import Body, body_of
from mrm_client.refusals import Refused, is_json, refusal, unreachable
from mrm_client.shapes import Batch, Check, Gate, Model, Outcomes, Reference, Verification, Version

BUSY = {429, 502, 503, 504}
ATTEMPTS = 5
ASK_AGAIN_AFTER = 5.0  # Seconds between two questions to a gate that is waited for.


class Client:
    """Registers models and versions, sends rows, asks the gate. Close it, or use it in a `with` statement.

    url     of the server, such as https://mrm.bank.example; else MRM_URL
    token   made at /tokens/; else MRM_TOKEN
    Every method raises Refused where the server says no, and Unreachable where it cannot be asked.
    """

    def __init__(self, url: str = "", token: str = "", *, timeout: float = 120.0, **options: Any) -> None:
        url, token = url or os.environ.get("MRM_URL", ""), token or os.environ.get("MRM_TOKEN", "")
        if not url:
            raise ValueError("Say where the server is: Client(url=...) or the variable MRM_URL.")
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"The address of the server begins with http:// or https://, unlike {url}.")
        if not token.strip():
            raise ValueError("A token is needed: Client(token=...) or the variable MRM_TOKEN. Make one at /tokens/.")
        if not re.fullmatch(r"[!-~]+", token.strip()):
            raise ValueError("The token is none: a character in it, or a space, can be in no token. Paste it again.")
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/api/v1/",
            headers={"Authorization": f"Bearer {token.strip()}", "User-Agent": "mrm-client/0.1.0"},
            timeout=timeout,
            **options,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def register_model(self, name: str, *, slug: str = "", **fields: Any) -> Model:
        """Registers a model, or answers with the one of this name that is there; that one is not edited.

        A `slug` must then be that one's, too.

        `fields` are those of POST /models/: owner, purpose, business_unit, ...
        """
        asked = {"name": name, **({"slug": slug} if slug else {}), **fields}
        try:
            return Model.from_json(self._send("POST", "models/", json=asked))
        except Refused as refused:
            found = self._named(asked) if refused.status == 409 else None
            if found is None or slug not in ("", found.slug):
                raise
            return found

    def model(self, slug: str) -> Model:
        return Model.from_json(self._send("GET", f"models/{slug}/"))

    def register_version(
        self,
        model: str,
        description: str | Path | Mapping[str, Any],
        *,
        reference: Any = None,
        artifact: str | Path | None = None,
        **fields: Any,
    ) -> Version:
        """Registers a version, then sends its reference data and its artifact where they are given.

        description   what POST /models/{slug}/versions/ takes, a dict or a JSON file; `{"columns": [...]}` will do
        reference     a file of rows, or a pandas, Polars or Arrow table
        artifact      a file: ONNX, XGBoost JSON or UBJ, LightGBM text, or skops
        fields        more of the description: params, metrics, code_ref, tags, origin, predecessor, ...
        The same description, reference data and artifact again answer with the version that they made first, so a
        training job may run twice. An `origin` of one's own decides instead: the same one, the same version.
        """
        described = _read(description)
        described = {**({"schema": described} if "columns" in described else described), **fields}
        described.setdefault("origin", origin_of(described, reference, artifact))
        version = Version.from_json(self._send("POST", f"models/{model}/versions/", json=described))
        if artifact is not None:
            version = self.attach_artifact(model, version.number, artifact)
        if reference is not None and not version.raw.get("reference"):
            self.send_reference(model, version.number, reference)
        return self.version(model, version.number)

    def version(self, model: str, number: int) -> Version:
        return Version.from_json(self._send("GET", f"models/{model}/versions/{number}/"))

    def attach_artifact(self, model: str, number: int, path: str | Path) -> Version:
        """Uploads the file that scores; the same file again changes nothing."""
        body = Body(Path(path), "application/octet-stream")
        return Version.from_json(self._stream("PUT", f"models/{model}/versions/{number}/artifact", body))

    def send_reference(self, model: str, number: int, rows: Any) -> Reference:
        """What later rows are compared with; once per version."""
        with body_of(rows) as body:
            return Reference.from_json(self._stream("POST", f"models/{model}/versions/{number}/reference/", body))

    def log(self, model: str, number: int, rows: Any) -> Batch:
        """Rows that the version scored; a body that came before is answered with the batch it made then."""
        with body_of(rows) as body:
            return Batch.from_json(self._stream("POST", f"models/{model}/versions/{number}/batches/", body))

    def send_outcomes(self, model: str, rows: Any) -> Outcomes:
        """What became of predictions, by their id, possibly late."""
        with body_of(rows) as body:
            return Outcomes.from_json(self._stream("POST", f"models/{model}/outcomes/", body))

    def gate(self, model: str, number: int, *, wait: float = 0.0) -> Gate:
        """Whether the version may go into production. With `wait`, asks again for so many seconds until it may."""
        deadline = monotonic() + wait
        while True:
            gate = Gate.from_json(self._send("GET", f"models/{model}/versions/{number}/gate/"))
            left = deadline - monotonic()
            if gate.allowed or left <= 0:
                return gate
            sleep(min(ASK_AGAIN_AFTER, left))

    def verify(self, report: str | Path) -> Verification:
        """Whether a report holds, as the server sees it. `manage.py verify_report` asks no server."""
        answer = self._stream("POST", "reports/verify/", Body(Path(report), "application/pdf"))
        verification = Verification.from_json(answer)
        checks = [Check(each["name"], each["holds"], each.get("explanation", "")) for each in answer["checks"]]
        return Verification(raw=answer, holds=verification.holds, sha256=verification.sha256, checks=checks)

    def _named(self, asked: Mapping[str, Any]) -> Model | None:
        """The model whose name keeps another from having it; None where it is none that the token may see."""
        query = {key: asked[key] for key in ("name", "workspace") if key in asked}
        found = self._send("GET", "models/", query=query)["results"]
        return self.model(found[0]["slug"]) if found else None

    def _stream(self, method: str, path: str, body: Body) -> dict[str, Any]:
        headers = {
            "Content-Type": body.content_type,
            "Content-Length": str(body.path.stat().st_size),
            "Content-Digest": body.digest,
        }
        return self._send(method, path, file=body.path, headers=headers)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        file: Path | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Sends until it is answered. The key makes a repeated POST the same request, whatever broke in between."""
        headers = {**(headers or {}), **({"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {})}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if file is None:
                    response = self._http.request(method, path, params=query, json=json, headers=headers)
                else:
                    with file.open("rb") as content:
                        response = self._http.request(method, path, content=content, headers=headers)
            except httpx.TransportError as fault:
                if attempt == ATTEMPTS:
                    raise unreachable(self._http.base_url, fault) from fault
                sleep(_pause(attempt))
                continue
            if response.status_code in BUSY and attempt < ATTEMPTS:
                sleep(_pause(attempt, response.headers.get("Retry-After", "")))
                continue
            if response.is_success and is_json(response):
                answer: dict[str, Any] = response.json()
                return answer
            raise refusal(response)
        raise AssertionError("the last attempt returns or raises")


def origin_of(description: Mapping[str, Any], reference: Any, artifact: str | Path | None) -> str:
    """What a version is made from, by digest: any other letter of it makes another version."""
    hashed = sha256(json.dumps(description, sort_keys=True).encode())
    if reference is not None:
        with body_of(reference) as body:
            hashed.update(f"\nreference {body.digest}".encode())
    if artifact is not None:
        hashed.update(f"\nartifact {Body(Path(artifact), '').digest}".encode())
    return f"sha256:{hashed.hexdigest()}"


def _read(description: str | Path | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(description, Mapping):
        return description
    try:
        read = json.loads(Path(description).read_text(encoding="utf-8"))
    except ValueError as fault:
        raise ValueError(f"{description} is no JSON: {fault}.") from fault
    if not isinstance(read, Mapping):
        raise ValueError(f"{description} holds no object; a version is described by {{...}}.")
    return read


def _pause(attempt: int, asked: str = "") -> float:
    """Seconds: what the server asked for, else half a second doubled each time."""
    return float(asked) if asked.isdigit() else 0.25 * 2**attempt
