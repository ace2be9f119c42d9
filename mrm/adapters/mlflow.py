"""Reading another MLflow registry, where that one is the master and ours follows. Only its registry, never a file.

`memory:` as the address chooses the twin that tests fill.
"""

import json
import re
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlencode

from django.conf import settings

from mrm.adapters import outside
from mrm.adapters.outside import Unreachable
from mrm.errors import RuleBroken

PAGE = 500
MOST_PAGES = 2000
LARGEST_PAGE = 64 * 2**20
REFUSED = (400, 403, 404)  # Of what is asked about one model: that it cannot be had, not that nothing can.


class Master(Protocol):
    """What is asked of the other registry; models and versions as MLflow's own objects."""

    def models(self) -> Iterator[dict]: ...

    def versions(self, name: str) -> Iterator[dict]: ...


class HttpMaster:
    """A registry at an address that an administrator configured."""

    def __init__(self, url: str, token: str):
        self.url = url
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def models(self) -> Iterator[dict]:
        return self._pages("registered-models/search", "registered_models", {})

    def versions(self, name: str) -> Iterator[dict]:
        """No filter of MLflow's holds a name with both quotation marks; LIKE takes any sign for either."""
        alike = re.sub("['\"]", "_", name)
        asked = f"name='{name}'" if alike == name else f"name LIKE '{alike}'"
        found = self._pages("model-versions/search", "model_versions", {"filter": asked})
        return (one for one in found if not isinstance(one, dict) or one.get("name", name) == name)

    def _pages(self, path: str, rows: str, query: dict) -> Iterator[dict]:
        token = ""
        for _ in range(MOST_PAGES):
            asked = query | {"max_results": PAGE} | ({"page_token": token} if token else {})
            url = f"{self.url}/api/2.0/mlflow/{path}?{urlencode(asked)}"
            answer = outside.get(url, headers=self.headers, most_bytes=LARGEST_PAGE)
            if answer.status != 200:
                fault = RuleBroken if query and answer.status in REFUSED else Unreachable
                raise fault(f"{self.url} answered {answer.status} to {path}: {answer.content[:200]!r}.")
            try:
                page = json.loads(answer.content)
            except ValueError as fault:
                raise Unreachable(f"{self.url} answered {path} with something that is not JSON.") from fault
            yield from page.get(rows, [])
            token = page.get("next_page_token", "")
            if not token:
                return
        raise Unreachable(f"{self.url} does not come to an end of {path}.")


class MemoryMaster:
    """A registry in memory."""

    def __init__(self):
        self.content: dict[str, tuple[dict, list[dict]]] = {}

    def models(self) -> Iterator[dict]:
        return iter([model for model, _ in self.content.values()])

    def versions(self, name: str) -> Iterator[dict]:
        return iter(self.content[name][1] if name in self.content else [])


MEMORY = MemoryMaster()


def configured() -> Master | None:
    """The registry that ours follows; None where it is its own master."""
    if settings.MLFLOW_MASTER_URL == "memory:":
        return MEMORY
    return HttpMaster(settings.MLFLOW_MASTER_URL, settings.MLFLOW_MASTER_TOKEN) if settings.MLFLOW_MASTER_URL else None
