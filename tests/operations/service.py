"""A service as a process of its own, for tests of how it is run."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Service:
    """A program that serves; its addresses are what it announced. Its stderr is kept."""

    def __init__(self, program, *arguments, listen=("127.0.0.1:0",), env=None, **options):
        addresses = [word for address in listen for word in ("--listen", address)]
        self.process = subprocess.Popen([program, *addresses, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env={**os.environ, **(env or {})}, **options)
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()
        self.lines = []
        for _ in range(max(1, len(listen))):
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"it did not start: {self.end()} {self.log}")
            self.lines.append(line)
        self.ports = [int(found[1]) if (found := re.search(r":(\d+)$", line.strip())) else None for line in self.lines]

    @property
    def port(self):
        return self.ports[0]

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def end(self, seconds=15):
        """Its exit status; it must end by itself."""
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()
            self.reader.join(5)

    def stop(self):
        self.signal()
        return self.end()

    def logged(self, text, seconds=5):
        """Waits until a line of the log holds `text`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(text in line for line in list(self.log)):
                return True
            time.sleep(0.01)
        return False


def dial(port, seconds=5):
    return socket.create_connection(("127.0.0.1", port), timeout=seconds)


def read_reply(connection):
    """Status and body of one reply with a Content-Length; (0, b"") at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        got = connection.recv(65536)
        if not got:
            return 0, data
        data += got
    head, body = data.split(b"\r\n\r\n", 1)
    length = int((re.search(rb"(?i)\r\ncontent-length: *(\d+)", head) or [0, 0])[1])
    while len(body) < length:
        got = connection.recv(65536)
        if not got:
            return 0, body
        body += got
    return int(head.split()[1]), body


def ask(connection, path, fields=""):
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\n{fields}\r\n".encode())
    return read_reply(connection)


def get(port, path, fields=""):
    with dial(port) as connection:
        return ask(connection, path, fields)


class Checks:
    """Counts what holds; main() ends with `sys.exit(checks.end())`."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, what, holds, seen=""):
        self.passed += bool(holds)
        self.failed += not holds
        print("ok    " if holds else "FAILED", what, "" if holds else f": {seen}", flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return self.failed != 0


def children(service):
    """The processes of its workers."""
    pid = service.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False
