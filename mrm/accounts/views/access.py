"""What somebody may do here, and whom to ask for more: all there is for whoever holds no role."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from mrm.accounts.contents import access_of


@require_safe
def my_access(request):
    return render(request, "accounts/access.html", access_of(request.user))
