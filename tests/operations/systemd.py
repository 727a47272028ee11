#!/usr/bin/env python3
"""Socket activation, and what a service manager is told. usage: systemd.py PROGRAM"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from service import Checks, Service, dial, get

PROGRAM = sys.argv[1]
check = Checks()


def with_sockets(names, sockets, *arguments):
    """Runs the program as systemd would, the sockets from descriptor 3 on."""
    copies = [socket.fromfd(s.fileno(), s.family, s.type) for s in sockets]

    def hand_over():
        high = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(copies)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i, inheritable=True)
        os.environ.update(LISTEN_FDS=str(len(copies)), LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES=names)
        os.execv(PROGRAM, [PROGRAM, *arguments])

    # A process of its own, since LISTEN_PID must be right.
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        os.dup2(write, 1)
        hand_over()
    os.close(write)
    return process, os.fdopen(read)


def end(process):
    os.kill(process, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_activation():
    a, b = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    ports = [s.getsockname()[1] for s in (a, b)]
    process, out = with_sockets("web:admin", [a, b])
    lines = [out.readline(), out.readline()]
    check("all sockets that were handed over are addresses",
          all(f":{port}" in line for port, line in zip(ports, lines)), lines)
    check("they serve", [get(port, "/plaintext")[0] for port in ports] == [200, 200])
    with dial(ports[0]) as waiting:
        check("it ends", end(process) == 0)
        # The manager has the socket: who comes now waits for the next process.
        with dial(ports[0]) as later:
            process, out = with_sockets("web:admin", [a, b], "--listen", "fd:admin", "--listen", "fd:3",
                                        "--workers", "2")
            lines = [out.readline(), out.readline()]
            check("sockets are found by name", f":{ports[1]}" in lines[0] and f":{ports[0]}" in lines[1], lines)
            later.sendall(b"GET /plaintext HTTP/1.1\r\nHost: h\r\n\r\n")
            check("who came between two processes is served", later.recv(15) == b"HTTP/1.1 200 OK")
            later.close()
            waiting.close()
    check("two workers share them", {get(ports[0], "/plaintext")[0] for _ in range(20)} == {200})
    check("it ends", end(process) == 0)


def test_refusals():
    rows = [(["--listen", "fd:none"], "no such socket"), (["--listen", "fd:99"], "not a stream socket"),
            (["--listen", "fd:"], "no such socket"), (["--listen", "fd:0"], "not a stream socket")]
    for arguments, text in rows:
        got = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL)
        check(f"{arguments[1]} is refused", got.returncode == 1 and text in got.stderr, got)
    env = {**os.environ, "LISTEN_FDS": "1", "LISTEN_PID": "1"}
    got = subprocess.run([PROGRAM, "--listen", "fd:web"], capture_output=True, text=True, env=env, timeout=10)
    check("another process's sockets are not taken", got.returncode == 1 and "no such socket" in got.stderr, got)


def test_the_real_activator():
    activate = shutil.which("systemd-socket-activate")
    if activate is None:
        print("skipped: there is no systemd-socket-activate")
        return
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([activate, "-l", f"127.0.0.1:{port}", "--fdname=web", PROGRAM],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    status = 0
    for _ in range(100):
        try:
            status = get(port, "/plaintext")[0]
            break
        except ConnectionError:
            time.sleep(0.05)
    check("systemd-socket-activate starts it by the first connection", status == 200, status)
    process.terminate()
    check("it ends as itself", process.wait(10) == 0)


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, folder, abstract=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = f"flare-test-{os.getpid()}" if abstract else f"{folder}/notify"
        self.socket.bind("\0" + name if abstract else name)
        self.env = {"NOTIFY_SOCKET": "@" + name if abstract else name}

    def hear(self, text, seconds=5):
        """The next message that holds `text`, and how many others came before."""
        end, before = time.monotonic() + seconds, 0
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                message = self.socket.recv(4096).decode()
            except TimeoutError:
                break
            if text in message:
                return message, before
            before += 1
        return None, before


def test_notify(folder):
    for abstract in (False, True):
        manager = Manager(folder, abstract)
        service = Service(PROGRAM, env=manager.env)
        check("READY=1 when it serves", (manager.hear("READY=1")[0] or "").startswith("READY=1\n"))
        service.signal(signal.SIGHUP)
        message = manager.hear("RELOADING=1")[0]
        check("RELOADING=1 with the time", message is not None and "\nMONOTONIC_USEC=" in message, message)
        check("READY=1 when that is done", manager.hear("READY=1")[0] is not None)
        service.signal()
        check("STOPPING=1 when it drains", manager.hear("STOPPING=1")[0] is not None)
        check("it ends", service.end() == 0)
    service = Service(PROGRAM, env={"NOTIFY_SOCKET": f"{folder}/nobody", "WATCHDOG_USEC": "1000"})
    check("without a manager it serves", get(service.port, "/plaintext")[0] == 200)
    check("it ends", service.stop() == 0)


def test_watchdog(folder):
    manager = Manager(folder + "/..", abstract=True)
    for workers in ("1", "2", "2 --supervise"):
        service = Service(PROGRAM, "--workers", *workers.split(), env={**manager.env, "WATCHDOG_USEC": "150000"})
        check("READY=1 comes first", manager.hear("READY=1")[1] == 0)
        times = []
        for _ in range(8):
            manager.hear("WATCHDOG=1", 1)
            times.append(time.monotonic())
        gap = max(b - a for a, b in zip(times, times[1:]))
        check(f"{workers} workers: it is alive in time", gap < 0.15, gap)
        with dial(service.port, 10) as connection:
            connection.sendall(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n" * 20)  # 50 ms each, in one go
            heard, last = 0, time.monotonic()
            longest = 0
            while time.monotonic() - times[-1] < 1.5:
                if manager.hear("WATCHDOG=1", 0.02)[0] is not None:
                    longest, last, heard = max(longest, time.monotonic() - last), time.monotonic(), heard + 1
            check(f"{workers} workers: one that hangs makes it silent", max(longest, time.monotonic() - last) > 0.4, longest)
        check("it ends", service.stop() == 0)
        manager.hear("STOPPING=1")
    service = Service(PROGRAM, env={**manager.env, "WATCHDOG_USEC": "50000", "WATCHDOG_PID": "1"})
    manager.hear("READY=1")
    check("another process's watchdog is not fed", manager.hear("WATCHDOG=1", 0.3)[0] is None)
    check("it ends", service.stop() == 0)


def main():
    test_activation()
    test_refusals()
    test_the_real_activator()
    with tempfile.TemporaryDirectory() as folder:
        test_notify(folder)
        test_watchdog(folder)
    return check.end()


sys.exit(main())
