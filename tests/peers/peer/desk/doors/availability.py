"""Which room types are free for a stay, and what they cost."""

from collections import defaultdict
from datetime import date, timedelta

from django.db.models import Count, F, Min
from django.views.decorators.http import require_GET

from desk.doors.answers import answer, refuse
from desk.models import InventoryDay, Property, RateDay, RatePlan, RoomType
from desk.money import total


@require_GET
def search(request):
    """The types that take the party, with the plans that have a price for every night."""
    asked = request.GET
    try:
        arrival, departure = date.fromisoformat(asked["arrival"]), date.fromisoformat(asked["departure"])
        adults, children = int(asked.get("adults", 2)), int(asked.get("children", 0))
    except (KeyError, ValueError):
        return refuse(422, "invalid-query", "The stay is not understood.")
    house = Property.objects.get()
    if not house.business_date <= arrival < departure <= arrival + timedelta(days=30):
        return refuse(422, "invalid-stay", "The stay is not sold.")
    days = [arrival + timedelta(days=n) for n in range((departure - arrival).days)]
    kinds = [
        kind
        for kind in RoomType.objects.filter(archived=False).order_by("sort", "code")
        if adults <= kind.max_adults and adults + children <= kind.max_adults + kind.max_children
    ]
    free = free_rooms(kinds, days)
    plans = RatePlan.objects.filter(archived=False).order_by("sort", "code")
    if not request.user.is_authenticated:
        plans = plans.filter(public=True)
    offers = offered(house, kinds, list(plans), days)
    return answer(
        {
            "arrival": arrival.isoformat(),
            "departure": departure.isoformat(),
            "nights": len(days),
            "room_types": [
                {
                    "id": str(kind.id),
                    "code": kind.code,
                    "name": kind.name,
                    "description": kind.description,
                    "max_adults": kind.max_adults,
                    "max_children": kind.max_children,
                    "available": free[kind.id],
                    "offers": offers[kind.id] if free[kind.id] > 0 else [],
                }
                for kind in kinds
            ],
        }
    )


def free_rooms(kinds, days) -> dict:
    """Rooms of each type that are free on every night."""
    counted = (
        InventoryDay.objects.filter(room_type__in=kinds, day__gte=days[0], day__lte=days[-1])
        .values_list("room_type_id")
        .annotate(free=Min(F("physical") - F("out_of_order") - F("held") - F("sold")), nights=Count("id"))
    )
    free = defaultdict(int)
    free.update({kind: least for kind, least, nights in counted if nights == len(days)})
    return free


def offered(house, kinds, plans, days) -> dict:
    """What each type is offered for."""
    rows = RateDay.objects.filter(
        rate_plan__in=plans, room_type__in=kinds, day__gte=days[0], day__lte=days[-1], closed=False
    ).order_by("rate_plan_id", "room_type_id", "day")
    priced = defaultdict(list)
    for plan, kind, day, price, least in rows.values_list(
        "rate_plan_id", "room_type_id", "day", "price_idr", "min_nights"
    ):
        priced[plan, kind].append((day, price, least))
    offers = defaultdict(list)
    for kind in kinds:
        for plan in plans:
            nights = priced[plan.id, kind.id]
            if len(nights) == len(days) and max(least for _, _, least in nights) <= len(days):
                offers[kind.id].append(offer(house, plan, nights))
    return offers


def offer(house, plan, nights) -> dict:
    """A stay under a plan."""
    return {
        "rate_plan_id": str(plan.id),
        "code": plan.code,
        "name": plan.name,
        "breakfast": plan.breakfast,
        "free_cancellation_days": plan.free_cancellation_days,
        "nights": [{"date": day.isoformat(), "price_idr": price} for day, price, _ in nights],
        "total": total(house, [price for _, price, _ in nights]),
    }
