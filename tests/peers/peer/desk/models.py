"""A hotel's tables: those of ours that the measured doors touch, with the same columns, rules and indexes."""

import uuid

from django.db import models
from django.db.models import F, Q


class Sheet(models.Model):
    """What has an identity."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)

    class Meta:
        abstract = True


class Property(Sheet):
    """The house itself."""

    name = models.CharField(max_length=120)
    address = models.TextField(default="", blank=True)
    phone = models.TextField(default="", blank=True)
    email = models.TextField(default="", blank=True)
    time_zone = models.TextField()
    business_date = models.DateField()
    checkin_time = models.TimeField(default="14:00")
    checkout_time = models.TimeField(default="12:00")
    service_bp = models.IntegerField(default=1000)
    pb1_bp = models.IntegerField(default=1000)


class RoomType(Sheet):
    """A kind of room."""

    property = models.ForeignKey(Property, models.PROTECT, db_index=False)
    code = models.TextField()
    name = models.TextField()
    description = models.TextField(default="", blank=True)
    max_adults = models.SmallIntegerField(default=2)
    max_children = models.SmallIntegerField(default=1)
    sort = models.SmallIntegerField(default=0)
    archived = models.BooleanField(db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["property", "code"], name="room_types_code_unique")]


class Room(Sheet):
    """A room."""

    room_type = models.ForeignKey(RoomType, models.PROTECT)
    property = models.ForeignKey(Property, models.PROTECT, db_index=False)
    number = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["property", "number"], name="rooms_number_unique")]


class InventoryDay(models.Model):
    """How many rooms of a type there are and are taken on a night: never more than there are."""

    room_type = models.ForeignKey(RoomType, models.PROTECT, db_index=False)
    day = models.DateField()
    physical = models.SmallIntegerField()
    out_of_order = models.SmallIntegerField(default=0)
    sold = models.SmallIntegerField(default=0)
    held = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room_type", "day"], name="inventory_days_unique"),
            models.CheckConstraint(
                condition=Q(physical__gte=F("out_of_order") + F("sold") + F("held")), name="inventory_days_not_oversold"
            ),
        ]


class RatePlan(Sheet):
    """Terms under which rooms are sold."""

    property = models.ForeignKey(Property, models.PROTECT, db_index=False)
    code = models.TextField()
    name = models.TextField()
    breakfast = models.BooleanField(default=False)
    free_cancellation_days = models.SmallIntegerField(default=1)
    public = models.BooleanField(default=True)
    sort = models.SmallIntegerField(default=0)
    archived = models.BooleanField(db_default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["property", "code"], name="rate_plans_code_unique")]


class RateDay(models.Model):
    """The price of a night."""

    rate_plan = models.ForeignKey(RatePlan, models.PROTECT, db_index=False)
    room_type = models.ForeignKey(RoomType, models.PROTECT, db_index=False)
    day = models.DateField()
    price_idr = models.BigIntegerField()
    closed = models.BooleanField(default=False)
    min_nights = models.SmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rate_plan", "room_type", "day"], name="rate_days_unique")]
        indexes = [models.Index(fields=["room_type", "day"], name="rate_days_by_type")]


class Guest(Sheet):
    """Who sleeps there."""

    name = models.TextField()
    email = models.TextField(default="", blank=True)
    phone = models.TextField(default="", blank=True)
    nationality = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["email"], name="guests_by_email", condition=~Q(email=""))]


class Booking(Sheet):
    """A party's reservations."""

    property = models.ForeignKey(Property, models.PROTECT, db_index=False)
    code = models.CharField(max_length=12, unique=True)
    booker = models.ForeignKey(Guest, models.PROTECT, db_index=False)
    source = models.TextField(default="desk")
    created_on = models.DateField()
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)


class Reservation(Sheet):
    """One room for the nights `[arrival, departure)`."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="reservations")
    property = models.ForeignKey(Property, models.PROTECT, db_index=False)
    room_type = models.ForeignKey(RoomType, models.PROTECT, db_index=False)
    rate_plan = models.ForeignKey(RatePlan, models.PROTECT, db_index=False)
    guest = models.ForeignKey(Guest, models.PROTECT, db_index=False)
    arrival = models.DateField()
    departure = models.DateField()
    adults = models.SmallIntegerField()
    children = models.SmallIntegerField(default=0)
    status = models.CharField(max_length=12)
    hold_until = models.DateTimeField(null=True)
    notes = models.TextField(default="", blank=True)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(departure__gt=F("arrival")), name="reservations_nights")]
        indexes = [
            models.Index(fields=["property", "arrival"], name="reservations_by_arrival"),
            models.Index(fields=["property", "departure"], name="reservations_by_departure"),
            models.Index(fields=["hold_until"], name="reservations_holds", condition=Q(status="hold")),
        ]


class ReservationNight(models.Model):
    """A night and its agreed price."""

    reservation = models.ForeignKey(Reservation, models.PROTECT, related_name="nights", db_index=False)
    day = models.DateField()
    room_type = models.ForeignKey(RoomType, models.PROTECT, db_index=False)
    rate_plan = models.ForeignKey(RatePlan, models.PROTECT, db_index=False)
    price_idr = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reservation", "day"], name="reservation_nights_unique")]


class RoomAssignment(Sheet):
    """Which room, for which nights."""

    reservation = models.ForeignKey(Reservation, models.PROTECT, related_name="assignments")
    room = models.ForeignKey(Room, models.PROTECT)
    arrival = models.DateField()
    departure = models.DateField()
    active = models.BooleanField(default=True)


class NumberSeries(models.Model):
    """Numbers without gaps."""

    property = models.ForeignKey(Property, models.PROTECT, db_index=False)
    series = models.TextField()
    year = models.SmallIntegerField()
    last_number = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["property", "series", "year"], name="number_series_unique")]


class Folio(Sheet):
    """A bill."""

    property = models.ForeignKey(Property, models.PROTECT, db_index=False)
    reservation = models.OneToOneField(Reservation, models.PROTECT, related_name="folio")
    number = models.TextField(unique=True)
    status = models.CharField(max_length=8, default="open")
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)


class FolioLine(Sheet):
    """What the guest owes."""

    folio = models.ForeignKey(Folio, models.PROTECT, related_name="lines")
    gross_idr = models.BigIntegerField()


class Payment(Sheet):
    """What the guest paid."""

    folio = models.ForeignKey(Folio, models.PROTECT, related_name="payments")
    amount_idr = models.BigIntegerField()


class AuditLine(models.Model):
    """Who changed what."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.TextField()
    action = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject_kind", "subject_id", "-id"], name="audit_log_by_subject")]


class KeptAnswer(models.Model):
    """The answer to a request that may be sent twice."""

    scope = models.TextField()
    key = models.CharField(max_length=128)
    request_hash = models.BinaryField()
    status = models.SmallIntegerField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="kept_answers_unique")]
        indexes = [models.Index(fields=["created_at"], name="kept_answers_by_age")]
