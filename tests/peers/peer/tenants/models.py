"""Who is served: a hotel has a schema of its own, and a host."""

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Hotel(TenantMixin):
    """A tenant."""

    name = models.CharField(max_length=120)
    status = models.CharField(max_length=20, default="trial")
    created_at = models.DateTimeField(auto_now_add=True)


class Domain(DomainMixin):
    """A host of a tenant."""
