"""The three doors, and a day in which all three are asked for."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path

from measure import load
from measure.figures import Figure, less_is_better, more_is_better
from measure.processes import Failed
from measure.stock import LISTED, Hotel
from measure.wire import Line

# Bookings that are written down ahead for each second of a window: more than either side makes.
AT_MOST = 6_000
# Of twenty requests of a day, how many are bookings, and how many of the rest are lists.
BOOKINGS, LISTS = 1, 3


class Visitors:
    """Who asks one side: of every hotel in turn, and each booking with a number of its own."""

    def __init__(self, side, folder: Path):
        self.side, self.folder, self.number = side, folder, count()
        # The most that the generator took, in cores.
        self.generator = 0.0

    def availability(self) -> list:
        """Searches, sixty for each hotel, in an order that is the same on both sides."""
        asked = [hotel.availability(n).text() for n in range(60) for hotel in self.side.hotels]
        random.Random(7).shuffle(asked)
        return asked

    def list(self) -> list:
        """The first page of each hotel."""
        return [hotel.reservations().text() for hotel in self.side.hotels]

    def bookings(self) -> Iterator[str]:
        """Bookings without end, hotel after hotel."""
        for n in self.number:
            hotels = self.side.hotels
            yield hotels[n % len(hotels)].booking(n, n // len(hotels)).text()

    def day(self, length: int) -> list:
        """Sixteen searches, three lists and a booking, again and again."""
        searches, lists, bookings = self.availability(), self.list(), self.bookings()
        day = []
        for n in range(length // 20):
            day += [searches[(n * 16 + i) % len(searches)] for i in range(20 - BOOKINGS - LISTS)]
            day += [lists[(n * 3 + i) % len(lists)] for i in range(LISTS)]
            day += islice(bookings, BOOKINGS)
        return day

    def window(self, door: str, seconds: int) -> load.Window:
        """Some seconds of load at a door."""
        most = AT_MOST * seconds
        once = door in ("reserve", "a mixed day")
        if door == "availability":
            asked = self.availability()
        elif door == "list":
            asked = self.list()
        elif door == "reserve":
            asked = list(islice(self.bookings(), most))
        else:
            asked = self.day(most)
        measured = load.window(self.folder, self.side.port, asked, seconds, once)
        self.generator = max(self.generator, measured.generator)
        return measured


DOORS = ("availability", "list", "reserve", "a mixed day")


def fill(side):
    """Books what is listed, in those hotels that have not been filled."""
    empty = side.hotels[side.filled :]
    with ThreadPoolExecutor(4) as clerks:
        list(clerks.map(lambda hotel: fill_one(side.port, hotel), empty))
    side.filled = len(side.hotels)


def fill_one(port: int, hotel):
    """One clerk books for one hotel."""
    line = Line(port)
    for n in range(LISTED):
        line.send(hotel.early_booking(n)).json(201)


def same_answers(ours, theirs) -> dict:
    """Fails where the sides answer differently, names and ids aside; gives the sizes of the answers in bytes."""
    sizes = {}
    for door, asked in (
        ("availability", lambda hotel: hotel.availability(17)),
        ("list", Hotel.reservations),
        ("reserve", lambda hotel: hotel.early_booking(LISTED)),
    ):
        said = [Line(side.port).send(asked(side.hotels[-1])) for side in (ours, theirs)]
        both = [plain(one.json(201 if door == "reserve" else 200)) for one in said]
        if both[0] != both[1]:
            raise Failed(f"{door}: the sides answer differently:\n{both[0]}\n{both[1]}")
        sizes[door] = [len(one.body) for one in said]
    return sizes


def plain(value, name=""):
    """An answer without what each side draws for itself."""
    if isinstance(value, dict):
        return {key: plain(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    drawn = name == "id" or name.endswith("_id") or name in ("code", "next")
    return bool(value) if drawn else value


def measure(ours: Visitors, theirs: Visitors, windows: int, seconds: int) -> Iterator[Figure]:
    """Every door, window after window, now the one side first and now the other."""
    hotels = len(ours.side.hotels)
    for door in DOORS:
        for side in (ours, theirs):
            side.window(door, 1)
        pairs = []
        for turn in range(windows):
            sides = (ours, theirs) if turn % 2 == 0 else (theirs, ours)
            pair = {side: side.window(door, seconds) for side in sides}
            pairs.append((pair[ours], pair[theirs]))
        yield more_is_better(door, hotels, "req/s", [(a.pace, b.pace) for a, b in pairs])
        yield less_is_better(f"{door}, p50", hotels, "ms", [(a.p50_ms, b.p50_ms) for a, b in pairs])
        yield less_is_better(f"{door}, p99", hotels, "ms", [(a.p99_ms, b.p99_ms) for a, b in pairs])


def ceiling(ours, folder: Path) -> float:
    """Requests a second that the generator makes at a door that does nothing."""
    return load.window(folder, ours.port, [ours.idle_door().text()], 3).pace
