"""docs/api.md: every REST endpoint, from the OpenAPI document the application serves."""

from collections.abc import Iterator
from itertools import groupby

from drf_spectacular.generators import SchemaGenerator

from demo.documents.tables import table

METHODS = ("get", "post", "put", "patch", "delete")
PREFACE = """# REST API, version 1

*Written by `make docs` from the OpenAPI document; edit the `extend_schema` of the endpoint.*

The whole document, with every field and with examples that work when they are pasted, is served at `/api/schema/`.

* **Who calls.** `Authorization: Bearer <token>`. People make tokens under *Tokens*; an administrator makes those of
  service accounts. A token belongs to one workspace, may be limited to models and actions, expires, and can be revoked.
* **Formats.** JSON in UTF-8; times as RFC 3339 in UTC. Rows of data as Parquet, Arrow IPC, CSV, NDJSON or JSON.
* **Lists** are pages `{"next", "previous", "results"}` of 50 rows, or of `page_size` from 1 to 200; what
  cannot be read or is not known in a query is refused, not ignored.
* **Refusals** are RFC 9457 `application/problem+json` with `type`, `title`, `status`, `detail`, `request_id`; `errors`
  names field, row and column, `reasons` every rule that stands against it. 400 cannot be read, 401 no usable token,
  403 not allowed, 404 not there or not yours to see, 409 a rule stands against it now, 412 changed since you read it,
  413 too large, 415 media type not read, 422 read but not usable, 429 too many requests, with `Retry-After`.
* **Repeating.** A `POST` with `Idempotency-Key` is answered as the first time for seven days; the same key with another
  body is refused with 409. A batch whose body came before is answered with the batch it made then, key or no key.
* **Editing.** `ETag` and `If-Match` on models, uses and findings, which are edited; of a tag that is sent back, the
  revision before its dash counts. A transition is a `POST` of its own, never the edit of a status.
"""


def endpoints() -> str:
    operations = sorted(find_operations(), key=lambda operation: operation[0])
    sections = [
        f"\n## {tag.capitalize()}\n\n{table(('method', 'path', 'does'), [row[1:] for row in rows])}\n"
        for tag, rows in groupby(operations, key=lambda operation: operation[0])
    ]
    return PREFACE + "".join(sections)


def find_operations() -> Iterator[tuple[str, str, str, str]]:
    """Tag, method, path and one line about each operation, in the document's order."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield operation["tags"][0], method.upper(), f"`{path}`", operation.get("summary", "")
