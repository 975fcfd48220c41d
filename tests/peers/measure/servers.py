"""A durable Postgres and a Redis of our own, lent by the project's tooling."""

import json
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from measure.processes import Failed, Process, run


class Servers:
    """Both; they end with us."""

    def __init__(self, xtask: Path, folder: Path, ends: ExitStack):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        command = [xtask, "servers", "--dir", folder / "lent", "--durable"]
        self.process = Process(folder, "servers", command, {}, **streams)
        ends.callback(self.stop)
        said = self.process.child.stdout.readline()
        if not said:
            raise Failed(f"the servers did not start: see {self.process.log}")
        said = json.loads(said)
        self.admin_dsn, self.redis = said["postgres"]["admin_dsn"], said["redis"]["url"]
        self.port = urlsplit(self.admin_dsn).port
        self.psql = psql()

    def dsn(self, database: str) -> str:
        """The superuser's way into a database."""
        return self.admin_dsn.rsplit("/", 1)[0] + "/" + database

    def sql(self, database: str, statements: str) -> list:
        """Runs statements as the superuser; the lines of what they return, columns divided by `|`."""
        options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database), "-c", statements]
        return run([self.psql, *options], {}).splitlines()

    def connections(self, databases: str) -> int:
        """Connections to the databases whose names are like this."""
        of = f"datname like '{databases}' and backend_type = 'client backend'"
        return int(self.sql("postgres", f"select count(*) from pg_stat_activity where {of}")[0])

    def settle(self):
        """What is not yet on the disk is written before something is measured."""
        self.sql("postgres", "checkpoint")

    def stop(self):
        """Ends them politely: with their input."""
        self.process.child.stdin.close()
        try:
            self.process.child.wait(120)
        except subprocess.TimeoutExpired:
            pass
        self.process.stop()


def psql() -> str:
    """The program."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"), key=lambda path: int(path.parts[4]))
    found = str(debian[-1]) if debian else shutil.which("psql")
    if not found:
        raise Failed("no psql: apt install postgresql")
    return found
