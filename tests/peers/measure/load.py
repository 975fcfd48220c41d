"""Load: many kept-alive connections at once, by wrk, which is far from its own limit at the pace of either side."""

import json
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

from measure.processes import Failed, run

SCRIPT = Path(__file__).parent.parent / "requests.lua"
# Connections at once.
CLIENTS = 16


@dataclass(frozen=True)
class Window:
    """What came of some seconds of load."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    # Seconds of a core that the generator took itself.
    generator: float

    @property
    def pace(self) -> float:
        """Requests answered in a second."""
        return self.requests / self.seconds


def window(folder: Path, port: int, requests: list, seconds: int, once: bool = False) -> Window:
    """Sends requests in turn for some seconds, each no more than once where that is asked; none may be refused."""
    if not shutil.which("wrk"):
        raise Failed("no wrk: apt install wrk")
    file = folder / "requests"
    file.write_bytes(b"".join(request.encode() + b"\0" for request in requests))
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "30s", "-s", SCRIPT]
    command += [f"http://127.0.0.1:{port}/", "--", file, "once" if once else "again"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = json.loads(run(command, {}).splitlines()[-1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    refused, broken = said.pop("refused"), said.pop("broken")
    if refused or broken:
        raise Failed(f"port {port}: {refused} of {said['requests']} requests refused, {broken} broken")
    # What is under way when the last one has gone out is not counted: the generator stops there.
    if once and said["requests"] + CLIENTS >= len(requests):
        raise Failed(f"port {port}: {len(requests)} requests were not enough for {seconds} s")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Window(**said, generator=used / said["seconds"])
