"""A program of a test that serves, and raw requests of it."""
import re
import signal
import socket
import subprocess
import threading

failed = 0


def check(good, text):
    global failed
    if not good:
        failed += 1
        print(f"FAILED {text}")


class Served:
    """`with Served(program, flags) as server`: on a free loopback port; what it logged is in `logged` afterwards."""

    def __init__(self, program, *flags):
        self.process = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--drain", "5", *flags],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stderr))
        self.reader.start()
        found = None
        while not found:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit(f"{program} says no address")
            found = re.search(r"http://([0-9.]+):([0-9]+)", line)
        self.address = (found[1], int(found[2]))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.status = self.process.wait(20)
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        self.logged = "".join(self.lines)

    def dial(self):
        return socket.create_connection(self.address, 10)

    def ask(self, target, fields=None, method="GET", body=None, connection=None):
        """One exchange. Returns the status, the fields by lower-case name (a list each) and the content."""
        own = connection or self.dial()
        head = f"{method} {target} HTTP/1.1\r\nHost: test\r\n"
        for name, value in (fields or {}).items():
            head += f"{name}: {value}\r\n"
        if body is not None:
            head += f"Content-Length: {len(body)}\r\n"
        own.sendall(head.encode("latin-1") + b"\r\n" + (body or b""))
        reply = read_reply(own, method == "HEAD")
        if connection is None:
            own.close()
        return reply


def read_reply(connection, head_only=False):
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return 0, {}, data
        data += more
    head, content = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1])
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.setdefault(name.lower(), []).append(value.strip())
    if head_only or status in (204, 304):
        return status, fields, content
    length = int(fields["content-length"][0])
    while len(content) < length:
        more = connection.recv(65536)
        if not more:
            break
        content += more
    return status, fields, content
