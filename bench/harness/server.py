"""Servers under test: started on one core, stopped by their own pid, their processor time read from /proc."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from .build import BENCH, need, program
from .console import Failure

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def realtime_prefix():
    """`chrt -r 1` where it is permitted, else nothing."""
    chrt = shutil.which("chrt")
    if chrt and subprocess.run([chrt, "-r", "1", "true"], capture_output=True, check=False).returncode == 0:
        return [chrt, "-r", "1"]
    return []


def pinned(core, realtime):
    return ["taskset", "-c", str(core), *realtime]


class Server:
    """One server process (and its children) on a loopback port of its own."""

    def __init__(self, name, path, arguments):
        self.name = name
        self.path = path
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="flare-bench-")
        self.arguments = arguments(self.port, self.folder)
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.path}"

    def start(self, prefix=(), extra=(), patience_s=20, cwd=None):
        with open(os.path.join(self.folder, "output"), "wb") as output:
            self.process = subprocess.Popen([*prefix, *self.arguments, *extra], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output, cwd=cwd)
        give_up = time.monotonic() + patience_s
        while True:
            if self.process.poll() is not None or time.monotonic() > give_up:
                raise Failure(f"{self.name} did not start: {self.output()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def output(self):
        with open(os.path.join(self.folder, "output"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:].strip()

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self):
        """The pids of the server and its children."""
        own = self.process.pid
        with open(f"/proc/{own}/task/{own}/children", encoding="ascii") as file:
            return [own] + [int(pid) for pid in file.read().split()]

    def processor_seconds(self):
        """(all, user share) of the time spent so far. schedstat counts nanoseconds; stat splits them by ticks."""
        total = 0
        user = system = 0
        for pid in self.processes():
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                    total += int(file.read().split()[0])
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
                user += int(fields[11])
                system += int(fields[12])
        return total / 1e9, user / TICKS_PER_SECOND, system / TICKS_PER_SECOND


def keep_alive_reply_bytes(server):
    """How long the reply is on a connection that goes on; the server must send the expected body."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as peer:
        peer.sendall(f"GET {server.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        reply = b""
        while not reply.endswith(b"\r\n\r\nHello, World!"):
            chunk = peer.recv(4096)
            if not chunk:
                raise Failure(f"{server.name} answers {reply[:300]!r}")
            reply += chunk
    return len(reply)


def flare(path="/plaintext", name="flare"):
    return Server(name, path, lambda port, folder: [program("hello"), "--listen", f"127.0.0.1:{port}", "--workers",
                                                    "1", "--log", "off"])


def stacked():
    """hello's plain text behind request_id, a log of JSON lines to a file, metrics and compress."""
    return Server("stacked", "/plaintext", lambda port, folder: [program("stacked"), "--listen", f"127.0.0.1:{port}",
                                                                 "--workers", "1", "--log", "json"])


def null(reply_bytes):
    return Server("null", "/plaintext", lambda port, folder: [program("null_server"), str(port), str(reply_bytes)])


def nginx(folder_of_configuration="plaintext"):
    executable = need("nginx", "nginx")

    def arguments(port, folder):
        with open(os.path.join(BENCH, folder_of_configuration, "nginx.conf"), encoding="utf-8") as file:
            configuration = file.read().replace("@PORT@", str(port))
        if os.geteuid() == 0:
            configuration = "user root;\n" + configuration
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as file:
            file.write(configuration)
        return [executable, "-p", folder + "/", "-e", "stderr", "-c", "nginx.conf"]

    return Server("nginx", "/plaintext", arguments)


@contextlib.contextmanager
def removing(servers):
    """Stops and removes all servers of the list at the end, whatever happened."""
    try:
        yield
    finally:
        for server in servers:
            server.remove()
