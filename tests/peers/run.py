#!/usr/bin/env python3
"""HotelHub beside django-tenants, on one Postgres, in one run: see README.md beside this."""

import argparse
import json
import os
import sys
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path

from measure import doors, growth, rollout
from measure.figures import HEAD, less_is_better
from measure.ours import Ours
from measure.processes import Failed
from measure.servers import Servers
from measure.theirs import HERE, Theirs, installed

REPO = HERE.parent.parent
PARTS = ("doors", "rollout")


def wish() -> argparse.Namespace:
    """What is asked on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hotels", default="1,20,100", help="how many hotels, step by step (1,20,100)")
    parser.add_argument("--windows", type=int, default=9, help="windows of load for each side at each door (9)")
    parser.add_argument("--seconds", type=int, default=4, help="how long a window is (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rollouts on each side (3)")
    parser.add_argument("--only", choices=PARTS, help="measures only this part beside the sign-ups")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures to this file as well")
    return parser.parse_args()


def place(name: str, otherwise: Path) -> Path:
    """Where something lies: as the environment says, or where the project puts it."""
    found = Path(os.environ.get(name, otherwise)).absolute()
    if not found.exists():
        raise Failed(f"{found} is not there: cargo build --release --workspace --bins, or say {name}")
    return found


def load1() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def main() -> int:
    """Measures, prints, and says what went wrong in a sentence."""
    try:
        compare(wish())
    except Failed as failed:
        print(f"error: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def compare(asked: argparse.Namespace):
    """Starts both sides and measures them at each number of hotels."""
    target = REPO / "target"
    programs = place("HOTELHUB_BIN_DIR", target / "release")
    xtask = place("HOTELHUB_XTASK", target / "debug/xtask")
    folder = target / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as ends:
        peer = installed(folder / "venv")
        servers = Servers(xtask, folder / "run", ends)
        ours = Ours(programs, servers, folder / "run", ends)
        theirs = Theirs(peer, servers, folder / "run", ends)
        report = {"at": datetime.now(timezone.utc).isoformat(), "load1": load1(), "figures": []}
        print(f"  at load {load1():.2f}\n\n{HEAD}", flush=True)
        visitors = [doors.Visitors(side, folder / "run") for side in (ours, theirs)]
        for hotels in sorted(int(count) for count in asked.hotels.split(",")):
            for figure in at(hotels, ours, theirs, visitors, asked, report):
                print(figure.row(), flush=True)
                report["figures"].append(figure.value())
        report["generator"] = {
            "req_s": doors.ceiling(ours, folder / "run"),
            "most_cores": {visitor.side.name: visitor.generator for visitor in visitors},
        }
        report["load1_after"] = load1()
        print(closing(report))
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=2) + "\n")


def closing(report: dict) -> str:
    """What stands below the table."""
    generator, most = report["generator"], report["generator"]["most_cores"]
    sizes = ", ".join(f"{door} {ours} and {theirs}" for door, (ours, theirs) in report["bytes"].items())
    return f"""
  the generator makes {generator["req_s"]:,.0f} req/s at a door of ours that does nothing; at the others
  it took at most {most["ours"]:.2f} of a core from our side and {most["theirs"]:.2f} from theirs
  answers in bytes, ours and theirs: {sizes}
  load average {report["load1_after"]:.2f}"""


def at(hotels: int, ours, theirs, visitors: list, asked: argparse.Namespace, report: dict):
    """Every figure at this number of hotels."""
    yield from growth.grow(ours, theirs, hotels)
    for side in (ours, theirs):
        doors.fill(side)
    report["bytes"] = doors.same_answers(ours, theirs)
    ours.servers.settle()
    if asked.only != "rollout":
        yield from doors.measure(*visitors, asked.windows, asked.seconds)
        yield less_is_better("connections after the load", hotels, "", [(ours.connections(), theirs.connections())])
        yield less_is_better("memory after the load", hotels, "MiB", [(ours.memory(), theirs.memory())])
    if asked.only != "doors":
        yield from rollout.measure(ours, theirs, asked.rounds)


if __name__ == "__main__":
    sys.exit(main())
