"""The other side: django-tenants under gunicorn, on the same Postgres and Redis."""

import json
import os
import secrets
import subprocess
import sys
import venv
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from measure.processes import Process, free_port, resident, run
from measure.servers import Servers
from measure.stock import PLAN, PRICE, PRICED_DAYS, TYPES, Hotel, numbers
from measure.wire import Line, answers, ask, get, post

HERE = Path(__file__).parent.parent
PROJECT = HERE / "peer"
DATABASE = "peer"
DOMAIN = "peer.localhost"
# Threads of each worker, of which there are as many as cores.
THREADS = 4


def installed(folder: Path) -> Path:
    """The programs of an environment with the peer in it; made anew where what is asked for has changed."""
    wanted = (HERE / "requirements.txt").read_text() + sys.version
    note = folder / "holds"
    if not note.exists() or note.read_text() != wanted:
        print("  installing the peer from its registry …", flush=True)
        venv.create(folder, clear=True, symlinks=True, with_pip=True)
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "-r", str(HERE / "requirements.txt")]
        subprocess.run([str(folder / "bin/python"), "-m", "pip", "install", *options], check=True)
        note.write_text(wanted)
    return folder / "bin"


class Theirs:
    """The running peer; it ends with us."""

    name = "theirs"

    def __init__(self, programs: Path, servers: Servers, folder: Path, ends: ExitStack):
        self.programs, self.servers, self.folder, self.ends = programs, servers, folder, ends
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.hotels, self.filled = free_port(), [], 0
        self.database = DATABASE
        password = secrets.token_hex(16)
        servers.sql("postgres", f"create role {DATABASE} login password '{password}'")
        servers.sql("postgres", f"create database {DATABASE} owner {DATABASE}")
        self.env = {
            "DJANGO_SETTINGS_MODULE": "house.settings",
            "PYTHONPATH": PROJECT,
            "PEER_SECRET_KEY": secrets.token_hex(32),
            "PEER_DATABASE": DATABASE,
            "PEER_DATABASE_PASSWORD": password,
            "PEER_DATABASE_PORT": servers.port,
            "PEER_REDIS": servers.redis.rstrip("/") + "/1",
            "PEER_CORES": len(os.sched_getaffinity(0)),
            "PEER_THREADS": THREADS,
        }
        self.command("migrate_schemas", "--shared", "--verbosity=0")
        self.command("prepare_house", PEER_CREATES_BY="migrations")
        self.server = self._serve("copy")

    def command(self, *arguments, **env) -> str:
        """Runs one of Django's commands."""
        return run([self.programs / "python", PROJECT / "manage.py", *arguments], self.env | env, cwd=PROJECT)

    def _serve(self, creates_by: str) -> Process:
        command = [self.programs / "gunicorn", "--chdir", PROJECT, "--config", PROJECT / "house/gunicorn.conf.py"]
        command += ["--bind", f"127.0.0.1:{self.port}", "house.wsgi:application"]
        server = Process(self.folder, "gunicorn", command, self.env | {"PEER_CREATES_BY": creates_by})
        self.ends.callback(server.stop)
        return server.until(lambda: answers(self.port, get(DOMAIN, "/livez")), "gunicorn")

    def create_by(self, way: str):
        """Starts anew; hotels get their tables by `copy` of the pattern or by their `migrations`."""
        self.server.stop()
        self.server = self._serve(way)

    def sign_up(self, slug: str) -> tuple:
        """Signs a hotel up and asks for it until it is served; gives its host and the owner's way in."""
        wish = {"hotel": f"Hotel {slug}", "owner": "Sari Dewi", "email": f"sari@{slug}.example"}
        wish |= {"phone": "+62811000111", "rooms": 42, "slug": slug}
        said = ask(self.port, post(DOMAIN, "/api/v1/signups", f"sign-up-{slug}", wish)).json(201)
        host = f"{slug}.{DOMAIN}"
        ask(self.port, get(host, "/api/v1/public/property")).json()
        return host, said["login"]

    def furnish(self, signed_up: list) -> list:
        """Furnishes hotels by a command of the project, and signs their owners in."""
        types = [kind | {"rooms": numbers(place)} for place, kind in enumerate(TYPES)]
        stock = {"plan": PLAN, "types": types, "priced_days": PRICED_DAYS, "price_idr": PRICE}
        schemas = [schema_of(host) for host, _ in signed_up]
        said = self.command("furnish", json.dumps(stock), *schemas).splitlines()
        return [self._entered(*one, json.loads(line)) for one, line in zip(signed_up, said, strict=True)]

    def _entered(self, host: str, login: str, sold: dict) -> Hotel:
        entered = Line(self.port).send(post(host, "/api/v1/session", "unused-key", {"login": login}))
        today = date.fromisoformat(sold["business_date"])
        return Hotel(host, entered.cookie("sessionid"), sold["room_types"], sold["rate_plan"], today)

    def migrate(self, executor: str):
        """Rolls the newest schema out to every hotel."""
        self.command("migrate_schemas", "--tenant", f"--executor={executor}", "--verbosity=0")

    def memory(self) -> float:
        """What gunicorn and its workers take, in MiB."""
        return resident([self.server.child.pid])

    def connections(self) -> int:
        """Connections to the peer's database."""
        return self.servers.connections(DATABASE)


def schema_of(host: str) -> str:
    """The schema of the hotel with this host."""
    return "h_" + host.split(".")[0].replace("-", "_")
