#!/usr/bin/env python3
"""A PostgreSQL of a test's own: made in a temporary folder, run as an ordinary user, on a socket in that folder.

usage: cluster.py COMMAND [ARGUMENT...]     runs a command beside one, with PGHOST, PGUSER and PGDATABASE set
"""
import contextlib
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

OWNER = "flare"
SETTINGS = {"listen_addresses": "localhost", "ssl": "on", "max_connections": "20", "fsync": "off", "full_page_writes": "off", "shared_buffers": "8MB",
            "autovacuum": "off", "jit": "off", "logging_collector": "off", "max_wal_senders": "0", "wal_level": "minimal",
            "dynamic_shared_memory_type": "mmap"}


def programs():
    """Where the newest installed server's programs are, or None."""
    homes = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if homes:
        return homes[-1].parent
    found = shutil.which("initdb")
    return pathlib.Path(found).parent if found else None


def end_with_us():
    """In the child: it does not outlive the test."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Cluster:
    """Databases in `folder`, which is the user's that the server runs as."""

    def __init__(self, folder):
        self.folder, self.bin, self.process = folder, programs(), None
        self.account = {}
        if os.geteuid() == 0:  # the server refuses to run as root
            nobody = pwd.getpwnam("nobody")
            self.account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        self.run("initdb", "-D", folder / "data", "-U", OWNER, "-A", "trust", "--no-sync", "-E", "UTF8",
                 "--no-locale", "--no-instructions", "--wal-segsize=1")
        self.certificate()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.start()

    def certificate(self):
        """For TLS; the names are those that the server looks for."""
        self.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                 "/CN=localhost", "-keyout", self.folder / "data" / "server.key", "-out", self.folder / "data" / "server.crt")

    def run(self, program, *arguments):
        """One of the server's programs, or of the system's."""
        own = self.bin / program
        subprocess.run([own if own.exists() else program, *arguments], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, cwd=self.folder, umask=0o077, **self.account)

    def start(self):
        flags = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder, "-p", str(self.port), *flags], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.folder, preexec_fn=end_with_us, **self.account)
        for _ in range(600):
            if "\nready" in "\n" + self.status():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError("PostgreSQL did not start:\n" + (self.folder / "log").read_text())

    def status(self):
        """What the server has written into its pid file: its last line."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
            if len(lines) == 8 and int(lines[0]) == self.process.pid:
                return lines[-1].strip()
        return ""

    def children(self):
        """The processes that the server has made and that are not gone."""
        found = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, parent = stat.read_text().rpartition(")")[2].split()[:2]
                if int(parent) == self.process.pid and state != "Z":
                    found.append(int(stat.parent.name))
        return found

    def kill(self):
        """As a crash: at once, with all of its processes. None of them holds the memory that the next start wants."""
        children = self.children()
        self.process.kill()
        self.process.wait()
        self.process = None
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        while any(os.path.exists(f"/proc/{child}") for child in children):
            time.sleep(0.005)

    def stop(self, how=signal.SIGQUIT):
        """By SIGINT sessions are told, by SIGQUIT at once."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def environment(self):
        """Where libpq finds it."""
        return {"PGHOST": str(self.folder), "PGPORT": str(self.port), "PGUSER": OWNER, "PGDATABASE": "postgres",
                "FLARE_TEST_PORT": str(self.port)}

    def psql(self, script):
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1"], input=script, text=True, check=True,
                       stdout=subprocess.DEVNULL, env=dict(os.environ, **self.environment()))


@contextlib.contextmanager
def cluster():
    with tempfile.TemporaryDirectory(prefix="flare-postgres-") as folder:
        made = Cluster(pathlib.Path(folder))
        try:
            yield made
        finally:
            made.stop()


def main():
    if programs() is None:
        print("skipped: postgres because there is no PostgreSQL server here")
        return 0
    with cluster() as made:
        return subprocess.run(sys.argv[1:], env=dict(os.environ, **made.environment())).returncode


if __name__ == "__main__":
    sys.exit(main())
