"""Acts that are signed: by a service in one step, and on the pages; by password."""

from audits.assessments.services import PLAN_SWITCH_OFF
from audits.workflows import services
from audits.workflows.services.rollback import version_to_return_to
from inventory.services import CADENCE_END, TIER_CONFIRMATION
from mrm.accounts.policies import Role
from mrm.accounts.services import ACCOUNT_CLOSURE, ROLE_APPROVAL, ROLE_REFUSAL, ROLE_REVOCATION, act_at_once
from reports.services import REPORT_SIGNATURE
from tests.factories import PASSWORD, make_person


def suspend(model, *, reason: str, actor):
    return act_at_once(services.SUSPENSION, model, comment=reason, password=PASSWORD, actor=actor)


def roll_back(model, *, reason: str, actor):
    version = version_to_return_to(model)
    return act_at_once(services.ROLL_BACK, version, comment=reason, password=PASSWORD, actor=actor)


def order_restriction(use, *, reason: str, actor):
    return act_at_once(services.USE_RESTRICTION, use, comment=reason, password=PASSWORD, actor=actor)


def order_suspension(use, *, reason: str, actor):
    return act_at_once(services.USE_SUSPENSION, use, comment=reason, password=PASSWORD, actor=actor)


def close_arrangement(arrangement, *, reason: str, actor):
    return act_at_once(services.ARRANGEMENT_CLOSURE, arrangement, comment=reason, password=PASSWORD, actor=actor)


def close_finding(finding, *, reason: str, actor):
    return act_at_once(services.FINDING_CLOSURE, finding, comment=reason, password=PASSWORD, actor=actor)


def sign_off_finding(finding, *, actor):
    return act_at_once(services.FINDING_SIGN_OFF, finding, password=PASSWORD, actor=actor)


def conclude_vote(change, *, minutes: str, actor):
    return act_at_once(services.VOTE_CONCLUSION, change, comment=minutes, password=PASSWORD, actor=actor)


def confirm_tier(model, *, actor):
    return act_at_once(TIER_CONFIRMATION, model, password=PASSWORD, actor=actor)


def approve_grant(grant, *, actor):
    return act_at_once(ROLE_APPROVAL, grant, password=PASSWORD, actor=actor)


def refuse_grant(grant, *, reason: str, actor):
    return act_at_once(ROLE_REFUSAL, grant, comment=reason, password=PASSWORD, actor=actor)


def revoke_role(grant, *, reason: str = "Moved.", actor=None):
    """By an administrator of whom nothing else is asked, unless it is said by whom."""
    actor = actor or make_person(Role.ADMINISTRATOR)
    return act_at_once(ROLE_REVOCATION, grant, comment=reason, password=PASSWORD, actor=actor)


def close_account(person, *, reason: str, actor):
    return act_at_once(ACCOUNT_CLOSURE, person, comment=reason, password=PASSWORD, actor=actor)


def end_cadence(cadence, *, reason: str, actor):
    return act_at_once(CADENCE_END, cadence, comment=reason, password=PASSWORD, actor=actor)


def switch_off(plan, *, reason: str = "The table is moved.", actor):
    return act_at_once(PLAN_SWITCH_OFF, plan, comment=reason, password=PASSWORD, actor=actor)


def drop_finding(finding, *, reason: str, actor):
    return act_at_once(services.FINDING_DROP, finding, comment=reason, password=PASSWORD, actor=actor)


def delegate(to, *, reason: str, ends_at, actor):
    given = services.delegation_to(to, ends_at=ends_at)
    return act_at_once(given, actor, comment=reason, password=PASSWORD, actor=actor)


def keep_word(version, *, said: str, on, document, remark: str = "", actor):
    word = services.supervisory_word(said, on=on, document=document)
    return act_at_once(word, version, comment=remark, password=PASSWORD, actor=actor)


def sign_report(report, *, actor):
    return act_at_once(REPORT_SIGNATURE, report, password=PASSWORD, actor=actor)


def signed_on_page(client, address, **filled):
    """Fill in the form at this address, and sign what it leads to."""
    shown = client.post(address, filled)
    assert shown.status_code == 302, shown.text
    return client.post(shown.url, {"password": PASSWORD})
