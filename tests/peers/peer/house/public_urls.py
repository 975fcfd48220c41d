"""The doors of the vendor: where hotels sign up, and a door that does nothing."""

from django.http import JsonResponse
from django.urls import path

from tenants.views import sign_up

urlpatterns = [
    path("api/v1/signups", sign_up),
    path("livez", lambda _: JsonResponse({"status": "ok"})),
]
