"""Keeps what auditors and examiners read (governance.md, section 7, rule 9)."""

from mrm.accounts.models import Reading
from mrm.accounts.policies import WATCHED_READERS


class ReadingsMiddleware:
    """After a page, a file or an answer of the API was handed to one of them, before it leaves."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        person = getattr(request, "user", None)  # Both APIs put there whoever their token stands for.
        may_read = request.method in ("GET", "POST")  # MLflow's clients read by POST as well.
        was_read = may_read and response.status_code == 200
        if was_read and person and person.is_authenticated and person.all_roles() & WATCHED_READERS:
            Reading.objects.create(person=person, address=request.get_full_path()[:500])
        return response
