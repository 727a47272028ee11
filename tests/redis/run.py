#!/usr/bin/env python3
"""Sessions in Redis: the example's exchanges, what Redis holds and forgets, one session in two processes, and what the example
does while its Redis is killed, shut down and started again under requests.

usage: run.py EXAMPLE_PROGRAM
"""
import http.client
import importlib.util
import json
import os
import pathlib
import sys
import threading
import time

import server

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "intermediate" / "redis_sessions"
PATIENCE_S = 60
MAX_AGE_S, IDLE_S, TRAIL_S = 12 * 60 * 60, 30 * 60, 7 * 24 * 60 * 60

spec = importlib.util.spec_from_file_location("examples_run", ROOT / "tests" / "examples" / "run.py")
examples_run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(examples_run)

failed = 0


def check(what, condition, *shown):
    global failed
    if not condition:
        failed += 1
        print("FAILED:", what, *shown)


class Visitor:
    """A browser: one connection, and its cookies."""

    def __init__(self, process, cookies=None):
        self.port = int(process.url.rpartition(":")[2])
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        self.cookies = cookies if cookies is not None else {}

    def ask(self, method, target, form=None):
        """(status, fields, content)"""
        fields = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        if form:
            fields["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, target, form, fields)
        reply = self.connection.getresponse()
        for line in reply.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return reply.status, reply.headers, reply.read()

    def status(self, *arguments):
        return self.ask(*arguments)[0]

    def log_in(self, user=7):
        return self.status("POST", "/login", f"user={user}&password=sesame")


def only_key(redis, session):
    keys = redis.ask("KEYS", f"session:desk:{session}:*")
    check(f"one session {session} in Redis", len(keys) == 1, keys)
    return keys[0]


def kept(redis, process):
    """What Redis holds, and when it forgets it."""
    redis.ask("FLUSHALL")
    visitor = Visitor(process)
    check("a login", visitor.log_in() == 204)
    key = only_key(redis, "Login")
    check("its name is not in Redis", visitor.cookies["__Host-login"] not in key + redis.ask("GET", key))
    check("it is idle for so long", 0 < redis.ask("TTL", key) <= IDLE_S, redis.ask("TTL", key))
    redis.ask("EXPIRE", key, 100)
    check("it is used", visitor.status("GET", "/me") == 200)
    check("which lengthens its time", redis.ask("TTL", key) > 100, redis.ask("TTL", key))
    end, _, content = redis.ask("GET", key).partition(" ")
    check("its end is known", 0 < int(end) - time.time() <= MAX_AGE_S, end)
    redis.ask("SET", key, f"{int(time.time()) + 3600} {content}")
    check("an hour is left", visitor.status("GET", "/me") == 200)
    redis.ask("SET", key, f"{int(time.time()) - 1} {content}")
    check("its time is over, though Redis has it still", visitor.status("GET", "/me") == 401)
    for odd in ("", "x", f"{end} {{", f"{end} {{}}", "9999999999999999999999 {}"):
        redis.ask("SET", key, odd)
        check("what is none of ours is no session", visitor.status("GET", "/me") == 401, odd)
    redis.ask("DEL", key)
    redis.ask("LPUSH", key, "x")
    check("Redis refuses to say", visitor.status("GET", "/me") == 503)
    redis.ask("DEL", key)
    check("it is revoked", visitor.status("GET", "/me") == 401)

    check("a trail", visitor.status("POST", "/pages/a") == 200)
    key = only_key(redis, "Trail")
    check("it is kept for its whole time", IDLE_S < redis.ask("TTL", key) <= TRAIL_S, redis.ask("TTL", key))
    end, name = redis.ask("GET", key).partition(" ")[0], visitor.cookies["trail"]
    check("a second page", json.loads(visitor.ask("POST", "/pages/b")[2]) == {"pages": ["a", "b"]})
    check("keeps name and end", only_key(redis, "Trail") == key and redis.ask("GET", key).partition(" ")[0] == end and
          visitor.cookies["trail"] == name)
    redis.ask("DEL", key)
    check("a page of nobody", json.loads(visitor.ask("POST", "/pages/c")[2]) == {"pages": ["c"]})
    check("begins anew under another name", visitor.cookies["trail"] != name)


def shared(redis, one, other):
    """A session is everybody's who knows its name, and ends for all at once."""
    redis.ask("FLUSHALL")
    here = Visitor(one)
    there = Visitor(other, here.cookies)
    check("a login here", here.log_in() == 204)
    check("is one there", there.status("GET", "/me") == 200)
    old = dict(here.cookies)
    check("the next login there", there.log_in(8) == 204)
    check("ends the one before", Visitor(one, old).status("GET", "/me") == 401)
    check("and is one here", json.loads(here.ask("GET", "/me")[2])["user"] == 8)
    copy = dict(here.cookies)
    check("a logout there", there.status("POST", "/logout") == 204)
    check("ends it here", Visitor(one, copy).status("GET", "/me") == 401)
    check("Redis has nothing left of it", redis.ask("KEYS", "session:*") == [], redis.ask("KEYS", "*"))


class Load(threading.Thread):
    """A visitor that asks without end, and counts how that was answered."""

    def __init__(self, process, *request):
        super().__init__(daemon=True)
        self.visitor, self.request = Visitor(process), request
        self.good = self.away = 0
        self.wrong = None
        self.over = threading.Event()

    def run(self):
        try:
            while not self.over.is_set():
                status, _, content = self.visitor.ask(*self.request)
                if status in (200, 204):
                    self.good += 1
                elif status == 503:
                    self.away += 1
                else:
                    self.wrong = f"{self.request}: {status} {content!r}"
        except Exception as error:  # pylint: disable=broad-except
            self.wrong = repr(error)

    def wait(self, what, count):
        """Until it was answered so often again, `good` or `away`."""
        least, end = getattr(self, what) + count, time.monotonic() + PATIENCE_S
        while getattr(self, what) < least:
            if self.wrong:
                raise AssertionError(self.wrong)
            assert time.monotonic() < end, f"{self.request}: {self.good} good, {self.away} away, and no more"
            time.sleep(0.002)


def outages(redis, process):
    """Redis goes in two ways and comes back: nobody sees another status than that of success and 503."""
    loads = [Load(process, *request) for request in
             (("POST", "/login", "user=7&password=sesame"), ("POST", "/pages/a"), ("POST", "/logout")) * 2]
    for load in loads:
        load.start()
    for end in (redis.kill, redis.stop):
        for load in loads:
            load.wait("good", 5)
        end()
        for load in loads[:2]:
            load.wait("away", 2)
        check("what needs no session answers without it", Visitor(process).status("GET", "/health") == 200)
        redis.start()
    for load in loads:
        load.wait("good", 5)
    for load in loads:
        load.over.set()
    for load in loads:
        load.join(PATIENCE_S)
        check("nothing else was answered", not load.wrong, load.wrong)


def main():
    if server.program() is None:
        print("skipped: redis because there is no redis-server here")
        return 0
    program = sys.argv[1]
    with server.server() as redis:
        environment = dict(os.environ, **redis.environment())
        served = [examples_run.Server(program, ["--workers", "2"], environment=environment) for _ in range(3)]
        passed, failures = examples_run.run_exchanges(EXAMPLE, served[0], (EXAMPLE / "test.txt").read_text(), [])
        for failure in failures:
            print(f"FAILED {failure}")
        try:
            kept(redis, served[1])
            shared(redis, served[1], served[2])
            outages(redis, served[1])
        finally:
            served[1].stop()
            served[2].stop()
    print(f"{passed + 3} passed, {len(failures) + failed} failed")
    return 1 if failures or failed else 0


if __name__ == "__main__":
    sys.exit(main())
