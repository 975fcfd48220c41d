"""Signing in by the link that a sign-up answered with."""

import json

from django.contrib.auth import get_user_model, login
from django.core import signing
from django.views.decorators.http import require_POST

from desk.doors.answers import answer, refuse


@require_POST
def by_link(request):
    """Begins a session."""
    try:
        said = signing.loads(json.loads(request.body)["login"], salt="login", max_age=3_600)
    except signing.BadSignature:
        return refuse(401, "wrong-link", "The link is no longer good.")
    if said["hotel"] != request.tenant.schema_name:
        return refuse(401, "wrong-link", "The link is another hotel's.")
    login(request, get_user_model().objects.get(pk=said["user"]), backend="django.contrib.auth.backends.ModelBackend")
    return answer({}, 201)
