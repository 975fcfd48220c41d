"""What a hotel of the comparison sells, and what is asked of it: the same on both sides."""

from dataclasses import dataclass
from datetime import date, timedelta

from measure.wire import Request, get, post

# Enough rooms that none is sold out while bookings are counted.
ROOMS = 100
PRICE = 650_000
# Nights with a price, from the hotel's own day on.
PRICED_DAYS = 460
# Bookings that are measured arrive on one of so many days from tomorrow on; those that are listed arrive later.
BOOKED_DAYS = 360
LISTED_FROM = 400
LISTED = 50

PLAN = {
    "code": "BAR",
    "name": "Harga terbaik",
    "breakfast": True,
    "free_cancellation_days": 1,
    "public": True,
    "sort": 0,
}
TYPES = [
    {"code": f"T{n}", "name": f"Tipe {n}", "description": "", "max_adults": 2, "max_children": 1} for n in range(3)
]


def numbers(place: int) -> list:
    """The rooms of the type at this place."""
    return [f"{place + 1}{n:03}" for n in range(1, ROOMS + 1)]


@dataclass(frozen=True)
class Hotel:
    """A furnished hotel and its owner's session."""

    host: str
    cookie: str
    room_types: list
    rate_plan: str
    business_date: date

    def availability(self, n: int) -> Request:
        """One of sixty searches for 14 nights, by one or two people with or without a child."""
        arrival = self.business_date + timedelta(days=n % 60 * 5)
        stay = f"arrival={arrival}&departure={arrival + timedelta(days=14)}"
        return get(self.host, f"/api/v1/availability?{stay}&adults={1 + n % 2}&children={n // 2 % 2}")

    def reservations(self) -> Request:
        """The first page of what was booked before anything is measured."""
        since = self.business_date + timedelta(days=LISTED_FROM)
        return get(self.host, f"/api/v1/reservations?arrival_from={since}&limit={LISTED}", self.cookie)

    def booking(self, n: int, place: int) -> Request:
        """The booking of number `n` of all that are measured: two nights, types and days in turn by its place."""
        return self._booking(f"ukur-{n:08}", place, 1 + place // 3 * 7 % BOOKED_DAYS)

    def early_booking(self, n: int) -> Request:
        """One of those that are listed."""
        return self._booking(f"awal-{n:08}", n, LISTED_FROM + n % LISTED)

    def _booking(self, key: str, place: int, ahead: int) -> Request:
        arrival = self.business_date + timedelta(days=ahead)
        room = {
            "room_type_id": self.room_types[place % len(self.room_types)],
            "rate_plan_id": self.rate_plan,
            "arrival": str(arrival),
            "departure": str(arrival + timedelta(days=2)),
            "adults": 2,
            "children": 0,
        }
        guest = {"name": f"Tamu {key}", "email": f"{key}@example.com", "phone": "+62811000111"}
        wish = {"guest": guest, "status": "confirmed", "reservations": [room]}
        return post(self.host, "/api/v1/bookings", key, wish, self.cookie)
