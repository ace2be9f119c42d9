"""How a page answers: whole, or only the part htmx asked for; a form by one service, or with every reason why not."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers

from mrm.errors import DomainError
from mrm.http import STATUS


def answer(request: HttpRequest, page: str, context: dict, *, part: str, status: int = 200) -> HttpResponse:
    """The page, or only its part where htmx asked for that."""
    response = render(request, part if wants_part(request) else page, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx will put the answer into the page; going back in the history, it asks for the whole page."""
    return bool(request.htmx) and not request.htmx.boosted and not request.htmx.history_restore_request


def posted(request: HttpRequest):
    """What binds a form: the data of a POST, also of an empty one; None where the form is only shown."""
    return request.POST if request.method == "POST" else None


def answer_form(request: HttpRequest, form, *, act: Callable, show: Callable[[int], HttpResponse]) -> HttpResponse:
    """A form from bound to done.

    act(cleaned_data) calls one service and returns the address to go to, or an answer that is given only this once;
    show(status) renders the form again, carrying what is wrong with it or every reason of the rule that said no.
    """
    if request.method != "POST":
        return show(200)
    if not form.is_valid():
        return show(400)
    try:
        target = act(form.cleaned_data)
    except DomainError as refusal:
        add_reasons(form, refusal)
        return show(STATUS[type(refusal)])
    return target if isinstance(target, HttpResponse) else go_to(request, target)


def go_to(request: HttpRequest, target) -> HttpResponse:
    """To another page; htmx is told to load it whole rather than to put it into a part."""
    response = redirect(target)
    if wants_part(request):
        return HttpResponse(status=204, headers={"HX-Redirect": response.url})
    return response


def add_reasons(form, refusal: DomainError) -> None:
    """Puts each reason where it belongs: at the field it names, else above the form."""
    for error in getattr(refusal, "errors", None) or [{"message": reason} for reason in refusal.reasons]:
        field = error.get("field")
        form.add_error(field if field in form.fields else None, error["message"])
