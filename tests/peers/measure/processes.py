"""Programs that are started here, and end with us."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

# Seconds until a program that was asked to stop is killed.
PATIENCE = 20


class Failed(Exception):
    """A sentence for whoever started this."""


class Process:
    """A running program; what it says goes to a file of its name."""

    def __init__(self, folder: Path, name: str, command: list, env: dict, **more):
        self.name, self.log, self.stopped = name, folder / f"{name}.log", False
        with self.log.open("ab") as log:
            more = {"stdout": log, "stdin": subprocess.DEVNULL} | more
            self.child = subprocess.Popen(
                [str(part) for part in command], env=surroundings(env), stderr=log, start_new_session=True, **more
            )

    def until(self, is_ready, what: str, seconds: float = 60):
        """Waits for something, as long as the program lives."""
        patiently(lambda: self.check() or is_ready(), f"{what} ({self.log})", seconds)
        return self

    def check(self):
        """Fails when the program has ended by itself."""
        if self.child.poll() is not None:
            raise Failed(f"{self.name} ended ({self.child.returncode}): see {self.log}")

    def stop(self):
        """Asks it to stop, and kills what of it is left; once, for its number may be another's later."""
        if self.stopped:
            return
        self.stopped = True
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()


def surroundings(env: dict) -> dict:
    """What a program is started with: these settings and where others are found."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    return kept | {name: str(value) for name, value in env.items()}


def run(command: list, env: dict, **more) -> str:
    """Runs a program to its end and gives what it printed."""
    command = [str(part) for part in command]
    done = subprocess.run(
        command, env=surroundings(env), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **more
    )
    if done.returncode:
        said = (done.stderr or done.stdout)[-2_000:]
        raise Failed(f"{' '.join(command[:4])} … ended with {done.returncode}: {said}")
    return done.stdout


def patiently(is_there, what: str, seconds: float = 60):
    """Asks until there is something, and gives it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := is_there():
            return found
        time.sleep(0.05)
    raise Failed(f"{what}: not within {seconds:.0f} s")


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def resident(pids: list) -> float:
    """The memory of these programs and all they started, in MiB; pages that they share count once (PSS)."""
    family, found = set(pids), True
    while found:
        children = {int(child) for pid in family for child in children_of(pid)} - family
        family, found = family | children, bool(children)
    return sum(proportional(pid) for pid in family) / 1_024


def children_of(pid: int) -> list:
    """Processes that this one started."""
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def proportional(pid: int) -> int:
    """The proportional set size of a process, in KiB."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)
