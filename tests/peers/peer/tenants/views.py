"""Signing a hotel up."""

import json

from django.contrib.auth import get_user_model
from django.core import signing
from django.db import transaction
from django.http import JsonResponse
from django.views.decorators.http import require_POST
from django_tenants.utils import tenant_context

from desk.models import Property
from desk.properties import business_date_now
from tenants.models import Domain, Hotel


@require_POST
def sign_up(request):
    """Makes the hotel with its schema, its host, its property and its owner; answers with the owner's way in."""
    wish = json.loads(request.body)
    slug = wish["slug"]
    with transaction.atomic():
        hotel = Hotel(schema_name="h_" + slug.replace("-", "_"), name=wish["hotel"])
        hotel.save(verbosity=0)
        Domain.objects.create(domain=f"{slug}.peer.localhost", tenant=hotel, is_primary=True)
        with tenant_context(hotel):
            Property.objects.create(name=wish["hotel"], time_zone="Asia/Jakarta", business_date=business_date_now())
            owner = get_user_model().objects.create(
                username=wish["email"], email=wish["email"], first_name=wish["owner"], is_staff=True, is_superuser=True
            )
    link = signing.dumps({"hotel": hotel.schema_name, "user": owner.pk}, salt="login")
    return JsonResponse({"slug": slug, "login": link}, status=201)
