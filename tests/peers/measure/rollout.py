"""A column for room types and one for rate plans, in every hotel, by each side's own rollout."""

import sys
from collections.abc import Iterator

from measure.figures import Figure, less_is_better
from measure.growth import timed
from measure.ours import CENTRAL
from measure.processes import Failed

# The last step of ours, and how it and the one before are taken back: what ours ships is what is rolled out, to the hotels and not to the
# pattern of theirs. The columns are added on both sides, the index of the last step on ours alone.
STEP = 21
NEWEST = "select max(number) from schema_steps"
BACK = """
    begin;
    alter table room_types drop column archived;
    alter table rate_plans drop column archived;
    drop index reservations_open;
    delete from schema_steps where number >= 20;
    commit"""
BEHIND = "update databases set template = '0019_before' where state = 'live'"
THEIR_BACK = """
    do $$
    declare
        hotel text;
    begin
        for hotel in select schema_name from tenants_hotel where schema_name not in ('public', 'pattern') loop
            execute format('alter table %I.desk_roomtype drop column archived', hotel);
            execute format('alter table %I.desk_rateplan drop column archived', hotel);
            execute format('delete from %I.django_migrations where app = ''desk'' and name = ''0002_archive''', hotel);
        end loop;
    end $$"""
EXECUTORS = ("standard", "multiprocessing")


def measure(ours, theirs, rounds: int) -> Iterator[Figure]:
    """Takes the step back and rolls it out again, in turns; then a deploy that has nothing to do."""
    hotels, servers = len(ours.hotels), ours.servers
    newest = {int(servers.sql(database, NEWEST)[0]) for database in ours.databases()}
    if newest != {STEP}:
        print(f"  no rollout is measured: the newest step is {newest}, see measure/rollout.py", file=sys.stderr)
        return
    rolled, idle = {executor: [] for executor in EXECUTORS}, {executor: [] for executor in EXECUTORS}
    for _ in range(rounds):
        took = our_turn(ours)
        for executor in EXECUTORS:
            servers.sql(theirs.database, THEIR_BACK)
            rolled[executor].append((took[0], timed(theirs.migrate, executor)[0] / 1_000))
            idle[executor].append((took[1], timed(theirs.migrate, executor)[0] / 1_000))
    for executor in EXECUTORS:
        yield less_is_better(f"two columns rolled out, theirs {executor}", hotels, "s", rolled[executor])
    for executor in EXECUTORS:
        yield less_is_better(f"nothing to roll out, theirs {executor}", hotels, "s", idle[executor])


def our_turn(ours) -> tuple:
    """Seconds of a rollout to every hotel, and of one that finds nothing to do."""
    databases = ours.databases()
    for database in databases:
        ours.servers.sql(database, BACK)
    ours.servers.sql(CENTRAL, BEHIND)
    took, said = timed(ours.migrate)
    if said.get("done") != len(databases):
        raise Failed(f"not all of {len(databases)} were migrated: {said}")
    idle, _ = timed(ours.migrate)
    return took / 1_000, idle / 1_000
