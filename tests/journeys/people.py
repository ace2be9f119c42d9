"""What people and programs do in a journey: through the browser and over HTTP, never by calling our code."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

import httpx
import polars as pl

from tests.factories import PASSWORD

PARQUET = "application/vnd.apache.parquet"


@dataclass
class Engineer:
    """A program with a token."""

    address: str
    secret: str

    def __post_init__(self):
        self.client = httpx.Client(
            base_url=f"{self.address}/api/v1", headers={"Authorization": f"Bearer {self.secret}"}, timeout=60
        )

    def get(self, path: str) -> dict:
        return self._answered(self.client.get(path))

    def post(self, path: str, body: dict) -> dict:
        return self._answered(self.client.post(path, json=body))

    def send(self, path: str, rows: pl.DataFrame, folder: Path) -> dict:
        """Rows as Parquet."""
        file = folder / "rows.parquet"
        rows.write_parquet(file)
        return self._answered(self.client.post(path, content=file.read_bytes(), headers={"Content-Type": PARQUET}))

    def upload(self, path: str, content: bytes) -> dict:
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {"Content-Type": "application/octet-stream", "Content-Digest": f"sha-256=:{digest}:"}
        return self._answered(self.client.put(path, content=content, headers=headers))

    @staticmethod
    def _answered(response: httpx.Response) -> dict:
        assert response.is_success, f"{response.request.url} answered {response.status_code}: {response.text}"
        return response.json() if response.content else {}


class Signed:
    """A person at a browser."""

    def __init__(self, page, address: str, person):
        self.page, self.address, self.person = page, address, person

    def __enter__(self):
        self.page.goto(f"{self.address}/accounts/login/")
        self.page.get_by_label("Email").fill(self.person.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(f"{self.address}/")
        return self

    def __exit__(self, *exception):
        self.page.context.clear_cookies()

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def approve(self, reference: str, comment: str) -> None:
        """Read the change, choose what the signature means, read the statement, prove who signs."""
        self.open(f"/changes/{reference}/")
        self.page.get_by_label("I reviewed the evidence").check()
        self.page.get_by_label("Comment").fill(comment)
        self.page.get_by_role("button", name="Go on to sign").click()
        self.sign()
        self.page.get_by_text(f"“{comment}”").wait_for()

    def sign(self) -> None:
        """Sign the statement that is shown."""
        self.page.get_by_label("Your password, again").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign with my password").click()
