"""Room types, rooms, a rate plan, prices and counters for hotels, as ours are given through the doors."""

import json
from datetime import timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django_tenants.utils import schema_context

from desk.models import InventoryDay, Property, RateDay, RatePlan, Room, RoomType

# Nights for which rooms are counted: as many as ours.
COUNTED = 730


class Command(BaseCommand):
    """Reads the stock as JSON, furnishes the schemas that are named, and says what each sells."""

    help = __doc__

    def add_arguments(self, parser):
        """The stock, then the schemas."""
        parser.add_argument("stock", type=json.loads)
        parser.add_argument("schemas", nargs="+")

    def handle(self, *, stock, schemas, **_):
        """One schema after the other."""
        for schema in schemas:
            with schema_context(schema), transaction.atomic():
                self.stdout.write(json.dumps(furnish(stock)))


def furnish(stock) -> dict:
    """Ids of what is sold, and the hotel's day."""
    house = Property.objects.get()
    plan = RatePlan.objects.create(property=house, **stock["plan"])
    kinds = []
    for place, wish in enumerate(stock["types"]):
        rooms = wish.pop("rooms")
        kind = RoomType.objects.create(property=house, sort=place, **wish)
        Room.objects.bulk_create(Room(property=house, room_type=kind, number=number) for number in rooms)
        days = [house.business_date + timedelta(days=n) for n in range(COUNTED)]
        InventoryDay.objects.bulk_create(InventoryDay(room_type=kind, day=day, physical=len(rooms)) for day in days)
        priced = days[: stock["priced_days"]]
        price = stock["price_idr"]
        RateDay.objects.bulk_create(RateDay(rate_plan=plan, room_type=kind, day=day, price_idr=price) for day in priced)
        wish["rooms"] = rooms
        kinds.append(str(kind.id))
    return {"room_types": kinds, "rate_plan": str(plan.id), "business_date": house.business_date.isoformat()}
