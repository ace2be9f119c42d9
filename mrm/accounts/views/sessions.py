"""Sign-ins that are open: one's own; and another's, for administrators."""

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from mrm.accounts import services
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission

BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Mac OS X": "macOS"}
SYSTEMS |= {"CrOS": "ChromeOS", "Linux": "Linux"}


@require_safe
def my_sessions(request):
    return _sessions_page(request, request.user)


@require_safe
def sessions_of(request, person_id):
    services.require(request.user, Permission.MANAGE_PEOPLE, None)
    return _sessions_page(request, get_object_or_404(Person, pk=person_id))


@require_POST
def end_session(request, session_id):
    mine = Q(user=request.user)
    if Permission.MANAGE_PEOPLE in request.user.permissions_in(None):
        mine = Q()
    session = get_object_or_404(UserSession.objects.filter(mine).select_related("user"), pk=session_id)
    services.end_session(session, actor=request.user)
    messages.success(request, f"{session.user} is signed out there.")
    return redirect("my-sessions") if session.user_id == request.user.pk else redirect("sessions-of", session.user_id)


def _sessions_page(request, person):
    context = {
        "person": person,
        "sessions": [(one, browser_in_words(one.user_agent)) for one in services.open_sessions(person)],
        "current": request.session.session_key,
        "sign_on": settings.OIDC_NAME if settings.SOCIALACCOUNT_PROVIDERS else "",
        "connected": SocialAccount.objects.filter(user=person).exists(),
    }
    return render(request, "accounts/sessions.html", context)


def browser_in_words(user_agent: str) -> str:
    """Chrome on Windows; the browser's own words where they are not known. The first that fits counts."""
    signs = (BROWSERS, SYSTEMS)
    browser, system = (next((word for sign, word in known.items() if sign in user_agent), "") for known in signs)
    return f"{browser} on {system}" if browser and system else user_agent or "Unknown browser"
