"""Our side: the control plane and one node, started as the house's own bench starts them."""

import json
import secrets
from base64 import b64encode
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from measure.processes import Failed, Process, free_port, patiently, resident, run
from measure.servers import Servers
from measure.stock import PLAN, PRICE, PRICED_DAYS, TYPES, Hotel, numbers
from measure.wire import Line, Request, answers, ask, get, post

DOMAIN = "hotelhub.localhost"
CENTRAL = "peers_central"
CLUSTER = "jkt-1"
# Connections that the server may see of all nodes; of these the doors have three in five.
BUDGET = 300
READY = "select count(*) from databases where state = 'ready'"


def key() -> str:
    """32 random bytes."""
    return b64encode(secrets.token_bytes(32)).decode()


class Ours:
    """A running house; its programs end with us, also where a later one does not start."""

    name = "ours"

    def __init__(self, programs: Path, servers: Servers, folder: Path, ends: ExitStack):
        self.programs, self.servers, self.folder, self.ends = programs, servers, folder, ends
        folder.mkdir(parents=True, exist_ok=True)
        self.control_port, self.port, smtp, mailbox = (free_port() for _ in range(4))
        self.hotels, self.filled, self.signed_up, self.ready = [], 0, 0, 0
        servers.sql("postgres", f"create database {CENTRAL}")
        addresses = ["--smtp", f"127.0.0.1:{smtp}", "--http", f"127.0.0.1:{mailbox}"]
        mail = self._start("mail", "hotelhub-standins", ["mail", *addresses], {})
        mail.until(lambda: answers(mailbox, get("mailbox.localhost", "/api/mails")), "the mailbox")
        letters = {
            "HOTELHUB_BASE_DOMAIN": DOMAIN,
            "HOTELHUB_SMTP_URL": f"smtp://127.0.0.1:{smtp}",
            "HOTELHUB_MAIL_FROM": f"HotelHub <halo@{DOMAIN}>",
            "HOTELHUB_REDIS_URL": servers.redis,
            "HOTELHUB_LOG_FORMAT": "json",
        }
        self.control_env = letters | self._control_env()
        admin, enrolled = self._furnish()
        self.token = self._mint(admin)
        self.control = self._start_control()
        env = letters | self._node_env(enrolled)
        self.node = self._start("node", "hotelhub", ["serve", "--all-in-one"], env)
        self.node.until(lambda: answers(self.port, get("127.0.0.1", "/readyz")), "the node")

    def _control_env(self) -> dict:
        return {
            "CENTRAL_DATABASE_URL": self.servers.dsn(CENTRAL),
            "HOTELHUB_LISTEN": f"127.0.0.1:{self.control_port}",
            "HOTELHUB_PUBLIC_URL": f"http://{DOMAIN}:{self.control_port}",
            "HOTELHUB_TENANT_ORIGIN_PORT": self.port,
            "HOTELHUB_FEED_KEY": key(),
            "HOTELHUB_SECRET_KEY": key(),
            "HOTELHUB_SIGNUPS_PER_HOUR": 1_000_000,
        }

    def _node_env(self, enrolled: dict) -> dict:
        return {
            "APP_MODE": "saas",
            "HOTELHUB_LISTEN": f"127.0.0.1:{self.port}",
            "HOTELHUB_CONTROL_URL": f"http://127.0.0.1:{self.control_port}",
            "HOTELHUB_VENDOR_URL": f"http://{DOMAIN}:{self.control_port}",
            "HOTELHUB_NODE_TOKEN": enrolled["token"],
            "HOTELHUB_FEED_PUBLIC_KEY": enrolled["feed_public_key"],
            "HOTELHUB_STATE_DIR": self.folder / "node-state",
            "HOTELHUB_CLUSTER_KEYS": f"{CLUSTER}={key()}",
            "HOTELHUB_CLUSTER_ADMINS": f"{CLUSTER}={self.servers.admin_dsn}",
            "HOTELHUB_NODE_SECRET": key(),
            "HOTELHUB_PUBLIC_SCHEME": "http",
        }

    def _furnish(self) -> tuple:
        """What a first start needs: the schema, the server, the administrator, the node's token."""
        self._control("migrate")
        server = ["--id", CLUSTER, "--host", "127.0.0.1", "--port", self.servers.port, "--budget", BUDGET]
        self._control("cluster", "add", *server, "--json")
        email = f"admin@{DOMAIN}"
        self._control("admin", "create", "--email", email, "--name", "Admin", "--json")
        enrolled = self._control("node", "enrol", "--name", "node-1", "--roles", "serve,work,fleet", "--json")
        return email, json.loads(enrolled)

    def _mint(self, admin: str) -> str:
        minted = self._control("token", "mint", "--email", admin, "--name", "peers", "--role", "dev_ops", "--json")
        return json.loads(minted)["token"]

    def _control(self, *arguments) -> str:
        return run([self.programs / "hotelhub-control", *arguments], self.control_env)

    def _start(self, name: str, program: str, arguments: list, env: dict) -> Process:
        process = Process(self.folder, name, [self.programs / program, *arguments], env)
        self.ends.callback(process.stop)
        return process

    def _start_control(self) -> Process:
        env = self.control_env | {"HOTELHUB_READY_DATABASES": self.ready}
        control = self._start("control", "hotelhub-control", ["serve", "--work"], env)
        return control.until(lambda: answers(self.control_port, get(DOMAIN, "/readyz")), "the control plane")

    def keep_ready(self, count: int):
        """Starts the control plane anew with so many databases to keep ready-made."""
        self.ready = count
        self.control.stop()
        self.control = self._start_control()

    def ready_made(self) -> int:
        """Databases that are ready-made."""
        return int(self.servers.sql(CENTRAL, READY)[0])

    def until_stocked(self):
        """Waits until there are as many of them as are kept."""
        patiently(lambda: self.ready_made() >= self.ready, f"{self.ready} ready-made databases", 120)

    def next_number(self) -> int:
        """Counts the hotels that sign up."""
        self.signed_up += 1
        return self.signed_up

    def sign_up(self, slug: str) -> tuple:
        """Signs a hotel up and asks for it until it is served; gives its host and the owner's way in."""
        host = f"{DOMAIN}:{self.control_port}"
        wish = {"hotel": f"Hotel {slug}", "owner": "Sari Dewi", "email": f"sari@{slug}.example"}
        wish |= {"phone": "+62811000111", "rooms": 42, "slug": slug}
        said = ask(self.control_port, post(host, "/api/v1/signups", f"sign-up-{slug}", wish)).json(201)
        host = f"{slug}.{DOMAIN}:{self.port}"
        line, door = Line(self.port), get(host, "/api/v1/public/property")
        patiently(lambda: line.send(door).status == 200, f"{host} served")
        return host, said["login_link"]

    def furnish(self, signed_up: list) -> list:
        """Furnishes hotels through their doors."""
        return [self._furnish_one(f"127.0.1.{place}", *one) for place, one in enumerate(signed_up, 1)]

    def _furnish_one(self, address: str, host: str, link: str) -> Hotel:
        """Each owner comes from an address of his own: so many links from one would be guessing, and refused."""
        line = Line(self.port, address)
        form = (("Content-Type", "application/x-www-form-urlencoded"),)
        entered = line.send(Request("POST", host, link.removeprefix(f"http://{host}"), form))
        cookie = entered.cookie("__Host-session")
        today = date.fromisoformat(line.send(get(host, "/api/v1/property", cookie)).json()["business_date"])
        wish = PLAN | {"description": ""}
        plan = line.send(post(host, "/api/v1/rate-plans", "peers-plan", wish, cookie)).json(201)["id"]
        kinds = []
        for place, wish in enumerate(TYPES):
            wish = wish | {"sort": place}
            kind = line.send(post(host, "/api/v1/room-types", f"peers-type-{place}", wish, cookie)).json(201)["id"]
            rooms = {"room_type_id": kind, "numbers": numbers(place)}
            line.send(post(host, "/api/v1/rooms", f"peers-rooms-{place}", rooms, cookie)).json(201)
            until = date.fromordinal(today.toordinal() + PRICED_DAYS)
            prices = {"room_type_id": kind, "from": str(today), "to": str(until), "price_idr": PRICE}
            seen = (("Content-Type", "application/json"), ("Cookie", cookie), ("If-Match", f'"{place + 1}"'))
            path = f"/api/v1/rate-plans/{plan}/prices"
            put = line.send(Request("PUT", host, path, seen, json.dumps(prices)))
            if put.status >= 300:
                raise Failed(f"prices: {put.status} {put.body[:500]}")
            kinds.append(kind)
        return Hotel(host, cookie, kinds, plan, today)

    def idle_door(self) -> Request:
        """A door that does nothing."""
        return get("127.0.0.1", "/livez")

    def databases(self) -> list:
        """The hotels' databases."""
        return self.servers.sql(CENTRAL, "select name from databases where state = 'live' order by name")

    def migrate(self) -> dict:
        """Rolls the newest schema out to every hotel, as staff with a terminal do; gives what was said of it."""
        env = {"HOTELHUB_CONTROL_URL": f"http://127.0.0.1:{self.control_port}", "HOTELHUB_STAFF_TOKEN": self.token}
        return json.loads(run([self.programs / "hotelhub-control", "fleet", "migrate", "--json"], env))

    def memory(self) -> float:
        """What the node takes, in MiB."""
        return resident([self.node.child.pid])

    def connections(self) -> int:
        """Connections to the hotels' databases."""
        return self.servers.connections("t\\_%")
