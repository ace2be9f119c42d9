"""A forgotten password: a link by mail, or plain words where no mail can be sent."""

from allauth.account import views
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render

from mrm.adapters import mail


@login_not_required
def reset_password(request):
    if not mail.is_configured():
        return render(request, "account/password_reset_without_mail.html")
    return views.password_reset(request)


@login_not_required
def reset_password_done(request):
    if not mail.is_configured():
        return render(request, "account/password_reset_without_mail.html")
    return views.password_reset_done(request)
