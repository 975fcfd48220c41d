"""What is booked, by arrival."""

from datetime import date

from django.db.models import OuterRef, Prefetch, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Upper
from django.views.decorators.http import require_GET

from desk.doors.answers import answer, for_staff, refuse
from desk.models import FolioLine, Payment, Property, Reservation, ReservationNight, RoomAssignment
from desk.money import total

LIMIT = 50


@require_GET
@for_staff("desk.view_reservation")
def show(request):
    """A page of reservations."""
    asked = request.GET
    found = Reservation.objects.order_by("arrival", "id")
    try:
        limit = int(asked.get("limit", LIMIT))
        if asked.get("status"):
            found = found.filter(status__in=asked["status"].split(","))
        if asked.get("arrival_from"):
            found = found.filter(arrival__gte=date.fromisoformat(asked["arrival_from"]))
        if asked.get("arrival_to"):
            found = found.filter(arrival__lte=date.fromisoformat(asked["arrival_to"]))
    except ValueError:
        return refuse(422, "invalid-query", "The query is not understood.")
    if text := asked.get("q"):
        found = found.annotate(upper=Upper("guest__name")).filter(
            Q(booking__code=text.upper()) | Q(upper__contains=text.upper())
        )
    house = Property.objects.get()
    rows = list(with_all_that_is_shown(found)[: limit + 1])
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return answer({"items": [sheet(house, row, row.owed - row.paid) for row in rows[:limit]], "next": following})


def with_all_that_is_shown(found):
    """Reads with each reservation what its sheet says."""
    nights = ReservationNight.objects.order_by("day")
    rooms = RoomAssignment.objects.filter(active=True).select_related("room")
    return (
        found.select_related("booking", "room_type", "rate_plan", "guest", "folio")
        .prefetch_related(Prefetch("nights", nights, "ordered_nights"), Prefetch("assignments", rooms, "active_rooms"))
        .annotate(owed=summed(FolioLine, "gross_idr"), paid=summed(Payment, "amount_idr"))
    )


def summed(kind, column):
    """What the rows of a reservation's folio come to."""
    rows = kind.objects.filter(folio=OuterRef("folio__id")).order_by().values("folio")
    return Coalesce(Subquery(rows.annotate(sum=Sum(column)).values("sum")), 0)


def sheet(house, row, balance=0) -> dict:
    """A reservation as it is shown, with what is owed and not paid."""
    room = row.active_rooms[0].room if row.active_rooms else None
    return {
        "id": str(row.id),
        "booking_id": str(row.booking_id),
        "code": row.booking.code,
        "source": row.booking.source,
        "status": row.status,
        "arrival": row.arrival.isoformat(),
        "departure": row.departure.isoformat(),
        "nights": [{"date": night.day.isoformat(), "price_idr": night.price_idr} for night in row.ordered_nights],
        "room_type": named(row.room_type),
        "rate_plan": named(row.rate_plan),
        "guest": {
            "id": str(row.guest_id),
            "name": row.guest.name,
            "email": row.guest.email,
            "phone": row.guest.phone,
        },
        "room": {"id": str(room.id), "number": room.number} if room else None,
        "adults": row.adults,
        "children": row.children,
        "notes": row.notes,
        "folio_id": str(row.folio.id),
        "total": total(house, [night.price_idr for night in row.ordered_nights]),
        "balance_idr": balance,
        "hold_until": row.hold_until.isoformat() if row.hold_until else None,
        "allowed_actions": allowed(house, row),
        "version": row.version,
    }


def named(of) -> dict:
    """Something with a code and a name."""
    return {"id": str(of.id), "code": of.code, "name": of.name}


def allowed(house, row) -> list:
    """What a clerk may do now with what is promised."""
    if row.status != "confirmed":
        return []
    today = house.business_date
    steps = [
        ("assign-room", True),
        ("check-in", row.arrival <= today < row.departure),
        ("move", True),
        ("amend", True),
        ("no-show", today >= row.arrival),
        ("cancel", True),
    ]
    return [step for step, open in steps if open]
