#!/usr/bin/env python3
"""PostgreSQL behind services: the library's own tests, the example's exchanges, and what the example does while its database
is killed, started again and shut down under requests.

usage: run.py EXAMPLE_PROGRAM TEST...
"""
import http.client
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import cluster

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "advanced" / "postgres"
PATIENCE_S = 60

spec = importlib.util.spec_from_file_location("examples_run", ROOT / "tests" / "examples" / "run.py")
examples_run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(examples_run)


def ask(connection, target):
    """(status, fields, content)"""
    connection.request("GET", target)
    reply = connection.getresponse()
    return reply.status, reply.headers, reply.read()


class Load(threading.Thread):
    """A client that asks for one target after the other on one connection, and counts how it was answered."""

    def __init__(self, port, target):
        super().__init__(daemon=True)
        self.port, self.target = port, target
        self.good = self.away = 0
        self.wrong = None
        self.over = threading.Event()

    def run(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
            while not self.over.is_set():
                self.look(*ask(connection, self.target))
        except Exception as error:  # pylint: disable=broad-except
            self.wrong = repr(error)

    def look(self, status, fields, content):
        if status == 200:
            self.good += 1
        elif status == 503 and fields["Retry-After"] == "1" and json.loads(content)["type"] == "no-database":
            self.away += 1
        else:
            self.wrong = f"{self.target}: {status} {content!r}"


class Loads:
    """Several clients at once."""

    def __init__(self, port):
        self.all = [Load(port, target) for target in
                    ("/db", "/queries?queries=20", "/updates?queries=5", "/fortunes", "/db", "/queries?queries=100")]
        for load in self.all:
            load.start()

    def wait(self, what, count):
        """Until each was answered so often again, `good` or `away`."""
        wanted = [(load, getattr(load, what) + count) for load in self.all]
        end = time.monotonic() + PATIENCE_S
        for load, least in wanted:
            while getattr(load, what) < least:
                if load.wrong:
                    raise AssertionError(load.wrong)
                assert time.monotonic() < end, f"{load.target}: {load.good} good, {load.away} away, and no more"
                time.sleep(0.005)

    def end(self):
        for load in self.all:
            load.over.set()
        for load in self.all:
            load.join(PATIENCE_S)
            assert not load.wrong, load.wrong


def outages(program, database):
    """The database goes in three ways and comes back: nobody sees another status than 200 and 503."""
    server = examples_run.Server(program, ["--workers", "2"], environment=dict(os.environ, **database.environment()))
    try:
        port = int(server.url.rpartition(":")[2])
        loads = Loads(port)
        loads.wait("good", 5)
        for end in (database.kill, lambda: database.stop(signal.SIGINT), lambda: database.stop(signal.SIGQUIT)):
            end()
            loads.wait("away", 2)
            status, _, _ = ask(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S), "/json")
            assert status == 200, "what needs no database does not answer without it"
            database.start()
            loads.wait("good", 5)
        loads.end()
    finally:
        server.stop()


def main():
    if cluster.programs() is None:
        print("skipped: postgres because there is no PostgreSQL server here")
        return 0
    program, *tests = sys.argv[1:]
    with cluster.cluster() as database:
        environment = dict(os.environ, **database.environment())
        for test in tests:
            subprocess.run([test], env=environment, check=True)
        database.psql((EXAMPLE / "schema.sql").read_text())
        text = (EXAMPLE / "test.txt").read_text()
        passed, failures = examples_run.judge_all(EXAMPLE, examples_run.Server(program, [], environment=environment), text, [])
        for failure in failures:
            print(f"FAILED {failure}")
        outages(program, database)
    print(f"{passed + 1} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
