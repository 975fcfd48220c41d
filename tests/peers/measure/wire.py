"""HTTP as it goes over the wire, one request at a time: for what is prepared, not for what is measured."""

import http.client
import json
from dataclasses import dataclass

from measure.processes import Failed


@dataclass(frozen=True)
class Request:
    """What is asked of a host; the body is sent as it is."""

    method: str
    host: str
    path: str
    headers: tuple = ()
    body: str = ""

    def text(self) -> str:
        """As it goes over the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {self.host}", "Accept: application/json"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.method != "GET":
            lines += [f"Origin: http://{self.host}", f"Content-Length: {len(self.body.encode())}"]
        return "\r\n".join(lines) + "\r\n\r\n" + self.body


def get(host: str, path: str, cookie: str = "") -> Request:
    """A read."""
    return Request("GET", host, path, (("Cookie", cookie),) if cookie else ())


def post(host: str, path: str, key: str, body: dict, cookie: str = "") -> Request:
    """A change, once per key."""
    headers = (("Content-Type", "application/json"), ("Idempotency-Key", key))
    if cookie:
        headers += (("Cookie", cookie),)
    return Request("POST", host, path, headers, json.dumps(body, separators=(",", ":")))


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self, expected: int = 200):
        """The body, or a complaint about what came instead."""
        if self.status != expected:
            raise Failed(f"answered {self.status} instead of {expected}: {self.body[:1_000].decode(errors='replace')}")
        return json.loads(self.body) if self.body else None

    def cookie(self, name: str) -> str:
        """The cookie of this name that was set, as it goes back."""
        for line in self.headers.get_all("set-cookie") or []:
            pair = line.split(";")[0].strip()
            if pair.lower().startswith(name.lower() + "="):
                return pair
        raise Failed(f"no cookie {name}: {self.status} {self.body[:500].decode(errors='replace')}")


class Line:
    """A kept-alive connection, from this address of the loopback."""

    def __init__(self, port: int, source: str = "127.0.0.1"):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120, source_address=(source, 0))

    def send(self, request: Request) -> Answer:
        """Asks, and reads the answer to its end."""
        headers = dict(request.headers) | {"Host": request.host, "Accept": "application/json"}
        if request.method != "GET":
            headers |= {"Origin": f"http://{request.host}"}
        self.connection.request(request.method, request.path, request.body.encode() or None, headers)
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


def ask(port: int, request: Request) -> Answer:
    """Asks once."""
    return Line(port).send(request)


def answers(port: int, request: Request) -> bool:
    """Whether it is answered 200; nobody listening counts as no."""
    try:
        return ask(port, request).status == 200
    except (OSError, http.client.HTTPException):
        return False
