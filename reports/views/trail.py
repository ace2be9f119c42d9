"""The trail as a download, and its verification on a page, a few seconds at a time."""

import time
from dataclasses import asdict, dataclass, field
from uuid import UUID

from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from audits.trail.services import Verifying, verify_some
from inventory.forms import TrailFilter
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.locks import held
from mrm.pages.answers import answer
from mrm.pages.downloads import download
from reports.contents.agreement import COMPARISONS
from reports.services import export_trail


@dataclass
class Comparing:
    """How many kinds of rows were held against the trail, once it was found to hold, and what did not agree."""

    done: int = 0
    rows: list[str] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        return self.done >= len(COMPARISONS)

    @property
    def percent(self) -> int:
        return 100 * self.done // len(COMPARISONS)

    @property
    def about(self) -> str:
        return COMPARISONS[self.done].about

    def go_on(self, until: float) -> None:
        """At least one kind, however long it takes; then others as long as there is time."""
        while not self.finished:
            self.rows += COMPARISONS[self.done].find()
            self.done += 1
            if time.monotonic() > until:
                return


KEPT = "trail_verification"  # In the session: how far the verification that this browser asked for has come.
ONE_AT_A_TIME = UUID("7c1f2b66-3f0e-4b52-9a44-5d0e6f6f1c21")
SECONDS = 2


@require_safe
def export(request):
    form = TrailFilter(request.GET)
    form.is_valid()
    return download("trail.zip", export_trail(wanted=form.cleaned_data, actor=request.user), "application/zip")


@require_http_methods(["GET", "POST"])
def verify(request):
    """Recompute every hash, every link, the tree and every checkpoint; then compare the rows beside the trail.

    A POST begins, and each load of the page goes on for some seconds: so a long trail shows how far it is, and keeps no
    web process for long. The whole installation verifies for one browser at a time.
    """
    require(request.user, Permission.READ_TRAIL, None)
    if request.method == "GET" and KEPT not in request.session:
        return redirect("trail")
    kept = {} if request.method == "POST" else request.session[KEPT]
    verifying, comparing = Verifying(**kept.get("trail", {})), Comparing(**kept.get("rows", {}))
    with held(ONE_AT_A_TIME) as mine:
        until = time.monotonic() + SECONDS
        if mine and not verifying.finished:
            verify_some(verifying, seconds=SECONDS)
        if mine and verifying.finished and not verifying.fault and time.monotonic() < until:
            comparing.go_on(until)
    request.session[KEPT] = {"trail": asdict(verifying), "rows": asdict(comparing)}
    finished = verifying.finished and (bool(verifying.fault) or comparing.finished)
    context = {"verification": verifying, "comparison": comparing, "finished": finished, "waits": not mine}
    return answer(request, "trail/verified.html", context, part="trail/verified_part.html")
