"""What the peer needs once: the public tenant at its own host, and the pattern that new hotels are copied from."""

from django.core.management.base import BaseCommand

from tenants.models import Domain, Hotel


class Command(BaseCommand):
    """Makes both; the pattern gets its tables by the migrations."""

    help = __doc__

    def handle(self, **_):
        """The two tenants that are no hotels."""
        public = Hotel.objects.create(schema_name="public", name="Vendor")
        Domain.objects.create(domain="peer.localhost", tenant=public)
        pattern = Hotel(schema_name="pattern", name="Pattern")
        pattern.save(verbosity=0)
