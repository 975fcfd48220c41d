"""Booking: once per key, never more rooms than there are, with a bill, a line in the audit log and the answer kept."""

import hashlib
import json
import secrets
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from desk.doors.answers import answer, for_staff, refuse
from desk.doors.reservations import sheet
from desk.models import (
    AuditLine,
    Booking,
    Folio,
    Guest,
    InventoryDay,
    KeptAnswer,
    NumberSeries,
    Property,
    RateDay,
    RatePlan,
    Reservation,
    ReservationNight,
    RoomType,
)

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class Refused(Exception):
    """The booking is not made; carries the answer."""


@require_POST
@for_staff("desk.add_reservation")
def book(request):
    """Books the rooms of a wish, all or none."""
    key = request.headers.get("idempotency-key", "")
    if not 8 <= len(key) <= 128:
        return refuse(422, "key-missing", "Send an Idempotency-Key.")
    scope = f"user:{request.user.pk}"
    try:
        with transaction.atomic():
            kept = KeptAnswer.objects.create(scope=scope, key=key, request_hash=hashlib.sha256(request.body).digest())
            made = answer(booked(json.loads(request.body), request.user), 201)
            kept.status, kept.body = made.status_code, made.content
            kept.save(update_fields=["status", "body"])
            return made
    except Refused as refused:
        return refused.args[0]
    except IntegrityError:
        kept = KeptAnswer.objects.filter(scope=scope, key=key).first()
        if kept is None:
            raise
        return HttpResponse(bytes(kept.body), status=kept.status, content_type="application/json")


def booked(wish, clerk) -> dict:
    """The booking as it is shown, once it is made."""
    house = Property.objects.get()
    guest = Guest.objects.create(
        name=wish["guest"]["name"], email=wish["guest"].get("email", ""), phone=wish["guest"].get("phone", "")
    )
    code = "".join(secrets.choice(LETTERS) for _ in range(6))
    booking = Booking.objects.create(property=house, code=code, booker=guest, created_on=house.business_date)
    rooms = [one_room(house, booking, guest, room, wish.get("notes", "")) for room in wish["reservations"]]
    details = {"status": wish["status"], "rooms": len(rooms)}
    AuditLine.objects.create(
        actor=clerk.get_username(),
        action="booking.create",
        subject_kind="booking",
        subject_id=booking.id,
        details=details,
    )
    return {
        "id": str(booking.id),
        "code": booking.code,
        "source": booking.source,
        "version": booking.version,
        "reservations": [sheet(house, row) for row in rooms],
    }


def one_room(house, booking, guest, wish, notes):
    """A reservation with its nights counted and priced, and its bill."""
    arrival, departure = date.fromisoformat(wish["arrival"]), date.fromisoformat(wish["departure"])
    if not house.business_date <= arrival < departure:
        raise Refused(refuse(422, "invalid-stay", "The stay is not sold."))
    days = [arrival + timedelta(days=n) for n in range((departure - arrival).days)]
    kind = RoomType.objects.filter(pk=wish["room_type_id"], archived=False).first()
    plan = RatePlan.objects.filter(pk=wish["rate_plan_id"], archived=False).first()
    adults, children = wish["adults"], wish.get("children", 0)
    too_many = kind and (adults > kind.max_adults or adults + children > kind.max_adults + kind.max_children)
    if kind is None or plan is None or too_many:
        raise Refused(refuse(422, "invalid-room", "There is no such room for this party."))
    prices = priced(plan, kind, days)
    take(kind, days)
    row = Reservation.objects.create(
        booking=booking,
        property=house,
        room_type=kind,
        rate_plan=plan,
        guest=guest,
        arrival=arrival,
        departure=departure,
        adults=adults,
        children=children,
        status="confirmed",
        notes=notes,
    )
    nights = [
        ReservationNight(reservation=row, day=day, room_type=kind, rate_plan=plan, price_idr=price)
        for day, price in prices
    ]
    row.ordered_nights, row.active_rooms = ReservationNight.objects.bulk_create(nights), []
    row.folio = open_folio(house, row)
    return row


def priced(plan, kind, days) -> list:
    """Every night with its price."""
    rows = RateDay.objects.filter(rate_plan=plan, room_type=kind, day__gte=days[0], day__lte=days[-1], closed=False)
    prices = list(rows.order_by("day").values_list("day", "price_idr", "min_nights"))
    if len(prices) < len(days) or max(least for _, _, least in prices) > len(days):
        raise Refused(refuse(409, "not-for-sale", "Some of these nights are not for sale."))
    return [(day, price) for day, price, _ in prices]


def take(kind, days):
    """Counts a room on every night, after the nights were locked in their order."""
    nights = InventoryDay.objects.filter(room_type=kind, day__gte=days[0], day__lte=days[-1])
    locked = list(nights.order_by("day").select_for_update())
    full = [night for night in locked if night.physical - night.out_of_order - night.held - night.sold < 1]
    if full or len(locked) < len(days):
        conflicts = [{"date": night.day.isoformat(), "available": 0} for night in full]
        raise Refused(refuse(409, "sold-out", "Some of these nights are full.", conflicts=conflicts))
    nights.update(sold=F("sold") + 1)


def open_folio(house, row):
    """A bill with the next number, in a series without gaps."""
    year = house.business_date.year
    series, _ = NumberSeries.objects.select_for_update().get_or_create(property=house, series="folio", year=year)
    series.last_number += 1
    series.save(update_fields=["last_number"])
    return Folio.objects.create(property=house, reservation=row, number=f"F-{year}-{series.last_number:06}")
