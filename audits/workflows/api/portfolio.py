"""`/portfolio/`: how every model stands, the worst first."""

from functools import partial

from django.utils import timezone
from drf_spectacular.utils import extend_schema

from audits.workflows.contents.portfolio import chosen_standings, periods_until, portfolio_of, standings_seen_by
from audits.workflows.serializers.portfolio import CountedOut, PortfolioQuery, PortfolioRowOut
from audits.workflows.tasks import counted_meanwhile
from inventory.api.examples import ID, PERSON, WHEN
from inventory.api.paging import page_example, page_of, paged
from mrm.accounts.api import Api
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import problems, response_example

ROW = {
    "slug": "instalment-loan-default",
    "name": "Instalment loan default",
    "tier": 1,
    "tier_is_provisional": False,
    "status": "in_use",
    "owner": PERSON,
    "business_unit": "Retail lending",
    "version": 1,
    "stage": "production",
    "verdict": "red",
    "cells": [{"period": "May 2025", "verdict": "red", "run": ID}],
    "findings_open": 2,
    "findings_overdue": 1,
    "changes_pending": 0,
    "in_use_without_approval": False,
    "next_due_at": "2025-07-01T00:00:00Z",
    "assessment_overdue": False,
    "validation_due_on": "2026-03-31",
    "validation_days_overdue": 0,
}


class PortfolioApi(Api):
    @extend_schema(
        operation_id="list_portfolio",
        summary="List how every model stands",
        description="The models you may see, without the tools, as last counted; the worst first, retired ones last.\n"
        "What was written since `counted_until` is not told yet: `changes_waiting` says how much that is, "
        "and asking has it counted.",
        tags=["models"],
        parameters=[PortfolioQuery],
        responses={200: page_of(PortfolioRowOut, beside=CountedOut), **problems(400, 403)},
        examples=[response_example("One model", page_example(ROW) | {"counted_until": WHEN, "changes_waiting": 0})],
    )
    def get(self, request):
        require(request.user, Permission.READ, None, model_slug=None)
        query, now = PortfolioQuery(data=request.query_params), timezone.now()
        query.is_valid(raise_exception=True)
        counted = counted_meanwhile(now)
        wanted = query.wanted()
        rows = chosen_standings(query.chosen(standings_seen_by(request.user, now)), wanted, now)
        told = partial(portfolio_of, now=now, periods=periods_until(now.date(), wanted["by"]))
        return paged(request, rows, query.ordering, PortfolioRowOut, made=told, beside=CountedOut(counted).data)
