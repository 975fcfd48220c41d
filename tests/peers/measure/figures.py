"""Figures: two things measured in turns, so that a noisy neighbour disturbs both alike."""

from dataclasses import asdict, dataclass
from math import ceil, isqrt


@dataclass(frozen=True)
class Figure:
    """Medians of both sides, and how many times as good as theirs ours is, with the 95 % interval of that where there is one."""

    name: str
    hotels: int
    unit: str
    ours: float
    theirs: float
    ratio: float
    interval: tuple | None
    pairs: int

    def row(self) -> str:
        """A line of the table."""
        between = "–".join(map(short, self.interval)) if self.interval else f"of {self.pairs}"
        numbers = f"{short(self.ours):>10} {short(self.theirs):>10} {short(self.ratio):>8}"
        return f"  {self.hotels:>6}  {self.name:<52} {self.unit:<8} {numbers}  {between}"

    def value(self) -> dict:
        """For a machine."""
        return asdict(self)


HEAD = f"  {'hotels':>6}  {'figure':<52} {'unit':<8} {'ours':>10} {'theirs':>10} {'times':>8}  95 %"


def more_is_better(name: str, hotels: int, unit: str, pairs: list) -> Figure:
    """Of a pace: ours by theirs."""
    return figure(name, hotels, unit, pairs, [ours / theirs for ours, theirs in pairs])


def less_is_better(name: str, hotels: int, unit: str, pairs: list) -> Figure:
    """Of a time or a weight: theirs by ours."""
    return figure(name, hotels, unit, pairs, [theirs / ours for ours, theirs in pairs])


def figure(name, hotels, unit, pairs, ratios) -> Figure:
    """Out of pairs, one per turn."""
    ours, theirs = (median(list(side)) for side in zip(*pairs))
    return Figure(name, hotels, unit, ours, theirs, median(ratios), interval(ratios), len(pairs))


def median(values: list) -> float:
    """The middle value."""
    ordered = sorted(values)
    return ordered[ceil(len(ordered) / 2) - 1]


def interval(values: list) -> tuple | None:
    """The distribution-free 95 % interval of the median: the ranks that lie 0.98·√n around the middle.

    Of fewer than six even the least and the greatest have the median between them less often.
    """
    ordered, n = sorted(values), len(values)
    if n < 6:
        return None
    low = max((n - 1) // 2 - ceil(isqrt(9_604 * n) / 100), 0)
    return ordered[low], ordered[n - 1 - low]


def short(number: float) -> str:
    """With as many digits as mean something."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"
