#!/usr/bin/env python3
"""Raw HTTP/1.1 over TCP against a running server: run.py [options] SERVER [ARGUMENT...]

Starts `SERVER --listen 127.0.0.1:0 --log off ARGUMENT...`, reads the address that it prints, and runs every case
of cases.py in each delivery: in one write, byte by byte, and pipelined behind a good request. What each reply has
to be, and what the connection does afterwards, is the case's; that every reply is well-formed is checked here.
With --address HOST:PORT a server that runs already is used.
"""
import argparse
import concurrent.futures
import re
import select
import socket
import subprocess
import sys
import time

import cases
from cases import CLOSE, EITHER, GOOD, GOOD_REPLY, OPEN, SMUGGLED, FINISH, Wait

PATIENCE_S = 5.0
DELIVERIES = ("whole", "bytewise", "pipelined")
DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
                  r"\d{4} \d\d:\d\d:\d\d GMT$")


class Failure(Exception):
    """What went otherwise than the case says."""


class Connection:
    """One connection; `heard` is all that came, `buffer` what of it was not read as a reply yet."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard = b""
        self.buffer = b""
        self.over = False

    def close(self):
        self.socket.close()

    def receive(self, wait_s):
        """Takes what is there within the time: False if nothing came, which at the end is what comes."""
        if self.over or not select.select([self.socket], [], [], wait_s)[0]:
            return False
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionError:
            data = b""
        self.over = not data
        self.heard += data
        self.buffer += data
        return bool(data)

    def send(self, data, pieces):
        """Sends in pieces; stops quietly when the server has closed, for it may refuse what it has seen."""
        try:
            for piece in pieces(data):
                view = memoryview(piece)
                while view:
                    readable, writable, _ = select.select([self.socket], [self.socket], [], PATIENCE_S)
                    if readable:
                        self.receive(0)
                        if self.over:
                            return
                    if not readable and not writable:
                        raise Failure("the server takes no more bytes")
                    if writable:
                        view = view[self.socket.send(view):]
        except ConnectionError:
            pass

    def until(self, condition):
        """Receives until condition(buffer) is not None, and gives that."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found = condition(self.buffer)
            if found is not None:
                return found
            if self.over:
                raise Failure("the connection ended instead of a reply")
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failure("no whole reply within %g s" % PATIENCE_S)
            self.receive(left)

    def take(self, length):
        self.until(lambda buffer: True if len(buffer) >= length else None)
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def take_line(self):
        end = self.until(lambda buffer: buffer.index(b"\r\n") if b"\r\n" in buffer else None)
        return self.take(end + 2)[:-2].decode("latin-1")

    def expect_end(self):
        deadline = time.monotonic() + PATIENCE_S
        while not self.over:
            if not self.receive(max(0, deadline - time.monotonic())) and not self.over:
                raise Failure("the connection stays open")


def bytewise(data):
    """One byte each; of a long body the middle in larger pieces."""
    if len(data) <= 40000:
        return [data[i:i + 1] for i in range(len(data))]
    end = len(data) - 1000
    middle = [data[i:min(i + 4093, end)] for i in range(1000, end, 4093)]
    return bytewise(data[:1000]) + middle + bytewise(data[end:])


def at_once(data):
    return [data]


class Received:
    """One reply."""

    def __init__(self, connection, method):
        line = connection.take_line()
        match = re.match(r"HTTP/1\.1 (\d{3}) ([\t\x20-\x7e]*)$", line)
        if not match:
            raise Failure("not a status line: %r" % line)
        self.status = int(match.group(1))
        self.fields = []
        while True:
            line = connection.take_line()
            if not line:
                break
            match = re.match(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$", line)
            if not match:
                raise Failure("not a field line: %r" % line)
            self.fields.append((match.group(1).lower(), match.group(2)))
        self.body = self.read_body(connection, method)

    def all(self, name):
        return [value for key, value in self.fields if key == name.lower()]

    def one(self, name):
        values = self.all(name)
        if len(values) > 1:
            raise Failure("%s is repeated" % name)
        return values[0] if values else None

    def read_body(self, connection, method):
        length, coding = self.one("content-length"), self.one("transfer-encoding")
        if length is not None and (coding is not None or not length.isdigit()):
            raise Failure("framing of the reply: length %r, coding %r" % (length, coding))
        if self.status < 200 or self.status == 204:
            if length is not None or coding is not None:
                raise Failure("a %d with framing (RFC 9110 8.6)" % self.status)
            return b""
        if length is None and coding is None:
            raise Failure("a reply without framing")
        if method == "HEAD" or self.status == 304:
            return b""
        if length is not None:
            return connection.take(int(length))
        if coding.lower() != "chunked":
            raise Failure("transfer coding %r" % coding)
        body = b""
        while True:
            size = int(connection.take_line().split(";")[0], 16)
            body += connection.take(size)
            if connection.take(2) != b"\r\n":
                raise Failure("a chunk without its CRLF")
            if size == 0:
                return body

    def closes(self):
        return "close" in [option.strip().lower() for value in self.all("connection") for option in value.split(",")]

    def check(self, want):
        statuses = want.status if isinstance(want.status, tuple) else (want.status,)
        if self.status not in statuses:
            raise Failure("status %d, not %s" % (self.status, " or ".join(map(str, statuses))))
        if self.status >= 200 and not DATE.match(self.one("date") or ""):
            raise Failure("Date is %r (RFC 9110 6.6.1)" % self.one("date"))
        if self.status >= 400 and (self.one("content-type") or "").split(";")[0] != "application/problem+json":
            raise Failure("Content-Type of an error is %r" % self.one("content-type"))
        if want.body is not None and self.body != want.body:
            raise Failure("body differs\n    - %r\n    + %r" % (want.body[:400], self.body[:400]))
        for name, value in want.fields.items():
            got = self.one(name)
            if isinstance(value, frozenset):
                got = frozenset(item.strip() for item in (got or "").split(","))
            if got != value:
                raise Failure("%s is %r, not %r" % (name, got, value))


def converse(connection, case, delivery):
    """Plays the case's steps, and checks the replies in their order."""
    wanted = list(case.replies)
    pieces = bytewise if delivery == "bytewise" else at_once
    steps = list(case.steps)
    if delivery == "pipelined":
        wanted.insert(0, GOOD_REPLY)
        steps[0] = GOOD + steps[0]
    if case.smuggles:
        steps[-1] += SMUGGLED
    got = []

    def next_reply():
        want = wanted[len(got)]
        reply = Received(connection, want.method)
        reply.check(want)
        got.append(reply)

    for step in steps:
        if isinstance(step, Wait):
            while len(got) < (step.replies + (delivery == "pipelined")):
                next_reply()
        elif step is FINISH:
            connection.socket.shutdown(socket.SHUT_WR)
        else:
            connection.send(step, pieces)
    while len(got) < len(wanted):
        next_reply()
    end = case.end
    if end == EITHER:
        end = CLOSE if FINISH in steps or got[-1].closes() else OPEN
    if end == CLOSE:
        if got and case.says_close and not got[-1].closes():
            raise Failure("the last reply lacks Connection: close (RFC 9112 9.6)")
        connection.expect_end()
        if connection.buffer and case.maybe:
            Received(connection, "GET").check(case.maybe)
        if connection.buffer:
            raise Failure("more bytes came before the end")
    else:
        if got and got[-1].closes():
            raise Failure("the reply says Connection: close")
        connection.send(GOOD, at_once)
        Received(connection, "GET").check(GOOD_REPLY)
        if connection.buffer:
            raise Failure("a reply too many")
    if b"smuggled" in connection.heard.lower():
        raise Failure("the smuggled request was answered")


def run_case(address, case, delivery):
    """None, or what failed."""
    connection = None
    try:
        connection = Connection(address)
        converse(connection, case, delivery)
        return None
    except (Failure, OSError, ValueError) as failure:
        heard = connection.heard if connection else b""
        sent = b" ".join(step for step in case.steps if isinstance(step, bytes))
        return ("FAILED: %s, %s\n    %s: %s\n    wanted: %s, then %s\n    sent:   %s\n    heard:  %s" %
                (case.name, delivery, type(failure).__name__, failure,
                 ", ".join(str(reply.status) for reply in case.replies) or "nothing", case.end,
                 shorten(sent), shorten(heard)))
    finally:
        if connection:
            connection.close()


def shorten(data):
    return repr(data if len(data) <= 600 else data[:300] + b" ... " + data[-200:])


def start(command):
    """The server's process and the address that it printed."""
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline, text = time.monotonic() + 10, b""
    while time.monotonic() < deadline and server.poll() is None:
        if not select.select([server.stdout], [], [], 0.1)[0]:
            continue
        text += server.stdout.read1(4096)
        match = re.search(rb"127\.0\.0\.1:(\d+)", text)
        if match and int(match.group(1)):
            return server, ("127.0.0.1", int(match.group(1)))
    server.kill()
    sys.exit("run.py: the server printed no address: %r" % text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", help="HOST:PORT of a server that runs already")
    parser.add_argument("--only", default="", help="run the cases whose name contains this")
    parser.add_argument("--delivery", choices=DELIVERIES, action="append", help="in this way only; repeatable")
    parser.add_argument("--jobs", type=int, default=24, help="connections at a time")
    parser.add_argument("--list", action="store_true", help="print the cases' names and stop")
    parser.add_argument("server", nargs=argparse.REMAINDER, help="the program and its arguments")
    options = parser.parse_args()
    chosen = [case for case in cases.CASES if options.only in case.name]
    if options.list:
        print("\n".join(case.name for case in chosen))
        return 0
    server = None
    if options.address:
        host, port = options.address.rsplit(":", 1)
        address = (host, int(port))
    elif options.server:
        command = options.server[:1] + ["--listen", "127.0.0.1:0", "--log", "off"] + options.server[1:]
        server, address = start(command)
    else:
        parser.error("no server")
    began, failed, passed = time.monotonic(), 0, 0
    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            runs = [pool.submit(run_case, address, case, delivery)
                    for delivery in options.delivery or DELIVERIES
                    for case in chosen if delivery != "pipelined" or case.pipelines]
            for run in runs:
                trouble = run.result()
                passed += trouble is None
                failed += trouble is not None
                if trouble:
                    print(trouble)
        if server and server.poll() is not None:
            failed += 1
            print("FAILED: the server ended with status %d" % server.returncode)
    finally:
        if server:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                print("FAILED: the server did not stop on SIGTERM within 10 s")
                failed += 1
    refusals = sum(case.refusal for case in chosen)
    print("%d cases, %d of them refusals, in %.1f s" % (len(chosen), refusals, time.monotonic() - began))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
