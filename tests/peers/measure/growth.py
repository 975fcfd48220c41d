"""New hotels on both sides, one beside the other, and how long each took until it was served."""

import time

from measure.figures import Figure, less_is_better

# Databases that our side keeps ready-made when it keeps any.
READY = 8


def grow(ours, theirs, hotels: int) -> list[Figure]:
    """Signs hotels up until there are so many: half with nothing made ahead, half as each side comes."""
    missing = hotels - len(ours.hotels)
    half = missing - missing // 2
    figures, signed_up = [], []
    for count, ready, way, name in (
        (half, 0, "copy", "sign-up, nothing ahead: clone beside copy of a schema"),
        (missing - half, READY, "migrations", "sign-up, as it comes: ready-made beside migrations"),
    ):
        if count > 0:
            ours.keep_ready(ready)
            theirs.create_by(way)
            pairs, new = side_by_side(ours, theirs, count)
            signed_up += new
            figures += [less_is_better(name, hotels, "ms", pairs)] if pairs else []
    ours.keep_ready(0)
    for side, new in zip((ours, theirs), zip(*signed_up)):
        side.hotels += side.furnish(list(new))
    return figures


def side_by_side(ours, theirs, count: int) -> tuple:
    """So many hotels on each side, in turns: times in milliseconds, and who signed up.

    Where none should be ready-made, those that get what was left over are not counted.
    """
    pairs, signed_up = [], []
    for _ in range(count):
        slug = f"hotel-{ours.next_number():04}"
        both, counted = [], ours.ready > 0 or ours.ready_made() == 0
        for side in (ours, theirs):
            # What is made ahead for the next one is not made while the other side is timed.
            ours.until_stocked()
            both.append(timed(side.sign_up, slug))
        pairs += [tuple(took for took, _ in both)] if counted else []
        signed_up.append(tuple(one for _, one in both))
    return pairs, signed_up


def timed(act, *arguments) -> tuple:
    """How many milliseconds it took, and what came of it."""
    begun = time.perf_counter()
    came = act(*arguments)
    return (time.perf_counter() - begun) * 1_000, came
