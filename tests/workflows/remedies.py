"""A finding brought as far as a test needs it, by the services and the people of the story."""

from datetime import timedelta

from django.utils import timezone

from audits.assessments.models import Run
from audits.workflows import services
from audits.workflows.models import Finding
from tests.signing import close_finding, sign_off_finding

TEXTS = {
    "severity": "medium",
    "title": "Incomes are missing",
    "observation": "Four of ten rows came without an income.",
    "required_outcome": "Show that the score ranks as well without.",
}
DIGEST = "ab" * 32


def today():
    return timezone.localdate()


def fresh(finding) -> Finding:
    return Finding.objects.select_related("model", "owner").get(pk=finding.pk)


def raised(story, **written) -> Finding:
    return services.raise_finding(story.model, **TEXTS | written, actor=story.validator)


def item(owner, *, days: int = 7, what: str = "Mend the interface.") -> dict:
    return {"what": what, "owner": owner, "due_at": today() + timedelta(days=days)}


def planned(story, finding) -> Finding:
    services.submit_plan(finding, items=[item(story.engineer)], actor=story.owner)
    return fresh(finding)


def opened(story, finding) -> Finding:
    services.review_plan(planned(story, finding), accepted=True, actor=story.validator)
    return fresh(finding)


def done(story, finding) -> Finding:
    finding = opened(story, finding)
    for one in finding.plan().items.all():
        services.complete_action_item(one, outcome="Mended.", actor=story.engineer)
    return fresh(finding)


def submitted(story, finding) -> Finding:
    services.submit_finding(done(story, finding), response="It is mended.", actor=story.owner)
    return fresh(finding)


def reperformed(story, finding) -> Finding:
    """Done again elsewhere by the validator."""
    finding = submitted(story, finding)
    services.record_reperformance(finding, told="Ranked as well.", evidence_digest=DIGEST, actor=story.validator)
    return fresh(finding)


def validated(story, finding) -> Finding:
    close_finding(reperformed(story, finding), reason="It ranks as well.", actor=story.validator)
    return fresh(finding)


def signed_off(finding, person) -> Finding:
    sign_off_finding(finding, actor=person)
    return fresh(finding)


def closed(story, finding) -> Finding:
    """Brought to its end, whatever its severity."""
    if finding.is_severe:
        return signed_off(validated(story, finding), story.risk_officer)
    close_finding(submitted(story, finding), reason="It ranks as well.", actor=story.validator)
    return fresh(finding)


def measured_again(run: Run, *, of=None, chosen=None, **changes) -> Run:
    """A re-run that has succeeded since, with the results of the first, changed as told.

    of      another version that it is of
    chosen  who asked for it, over a time of their choice
    """
    again = Run.objects.create(
        plan=run.plan,
        version=of or run.version,
        policy=run.policy,
        window_start=run.window_start,
        window_end=run.window_end - timedelta(days=bool(chosen)),
        rerun_of=None if chosen else run,
        requested_by=chosen,
        started_at=timezone.now(),
    )
    for result in run.results.all():
        result.pk, result._state.adding = None, True
        result.run = again
        for name, value in changes.items():
            setattr(result, name, value)
        result.save()
    again.state, again.finished_at = "succeeded", timezone.now()
    again.save()
    return again
