"""Assessing: which plans exist, which runs are due, carrying one out, and the breaches it opens."""

from audits.assessments.services.backtests import BackTest, backtest, backtest_of_draft
from audits.assessments.services.breaches import (
    close_breach,
    close_breaches_of,
    take_step,
    why_not_judge,
    why_not_step,
)
from audits.assessments.services.decisions import facts_digest, prepare_decision, sign_decision
from audits.assessments.services.execution import execute
from audits.assessments.services.plans import (
    PLAN_SWITCH_OFF,
    begin_windows_anew,
    create_missing_plans,
    set_plan,
    shorten_windows,
    switch_on,
    why_not_switch_off,
)
from audits.assessments.services.runs import (
    queue_due_runs,
    queue_reruns_for_late_outcomes,
    request_run,
    rerun,
    waiting_runs,
)

__all__ = [
    "PLAN_SWITCH_OFF",
    "BackTest",
    "backtest",
    "backtest_of_draft",
    "begin_windows_anew",
    "close_breach",
    "close_breaches_of",
    "create_missing_plans",
    "execute",
    "facts_digest",
    "prepare_decision",
    "queue_due_runs",
    "queue_reruns_for_late_outcomes",
    "request_run",
    "rerun",
    "set_plan",
    "sign_decision",
    "shorten_windows",
    "take_step",
    "waiting_runs",
    "switch_on",
    "why_not_judge",
    "why_not_step",
    "why_not_switch_off",
]
