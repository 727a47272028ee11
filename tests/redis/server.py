"""A Redis of a test's own: run as an ordinary user, on a unix socket in a temporary folder, keeping nothing on disk."""
import contextlib
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def program():
    """Where the server's program is, or None."""
    return shutil.which("redis-server")


def end_with_us():
    """In the child: it does not outlive the test."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Server:
    def __init__(self, folder):
        self.folder, self.process = pathlib.Path(folder), None
        self.socket = self.folder / "socket"
        self.account = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        self.start()

    def start(self):
        self.socket.unlink(missing_ok=True)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [program(), "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no"], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.folder, preexec_fn=end_with_us, **self.account)
        for _ in range(3000):
            with contextlib.suppress(OSError):
                if self.ask("PING") == "PONG":
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise RuntimeError("Redis did not start:\n" + (self.folder / "log").read_text())

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait(30)
        self.process = None

    def stop(self):
        """Closes its connections, and ends."""
        if self.process is not None:
            self.end(signal.SIGTERM)

    def kill(self):
        """As a crash."""
        self.end(signal.SIGKILL)

    def environment(self):
        return {"REDIS_URL": f"unix://{self.socket}"}

    def ask(self, *words):
        """One command: a text, a number, a list, or None. An error is a RuntimeError."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.socket))
            with connection.makefile("rwb") as stream:
                stream.write(b"*%d\r\n" % len(words))
                for word in words:
                    stream.write(b"$%d\r\n%s\r\n" % (len(str(word).encode()), str(word).encode()))
                stream.flush()
                return self.read(stream)

    def read(self, stream):
        line = stream.readline().rstrip(b"\r\n").decode()
        if not line:
            raise OSError("no reply")
        kind, rest = line[0], line[1:]
        if kind == "-":
            raise RuntimeError(rest)
        if kind == ":":
            return int(rest)
        if kind == "$":
            return stream.read(int(rest) + 2)[:-2].decode() if rest != "-1" else None
        if kind == "*":
            return [self.read(stream) for _ in range(int(rest))]
        return rest


@contextlib.contextmanager
def server():
    with tempfile.TemporaryDirectory(prefix="flare-redis-") as folder:
        made = Server(folder)
        try:
            yield made
        finally:
            made.stop()
