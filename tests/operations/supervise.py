#!/usr/bin/env python3
"""Workers as processes: one that crashes costs its own connections, tells why, and is there again. usage: supervise.py
PROGRAM"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from service import Checks, Service, ask, children, dial, get, wait_for

PROGRAM = sys.argv[1]
check = Checks()

# A sanitizer's handler of the signal would stand where the server's is to be seen.
for options in ("ASAN_OPTIONS", "TSAN_OPTIONS"):
    os.environ[options] = ":".join(filter(None, (os.environ.get(options), "handle_segv=0")))


def owner(connection, service, workers):
    """Which worker's process has the connection: by its socket's inode."""
    local = connection.getsockname()[1]
    for family in ("tcp", "tcp6"):
        with open(f"/proc/{service.process.pid}/net/{family}") as file:
            for line in file:
                words = line.split()
                if words[2].endswith(f":{local:04X}"):
                    inode = words[9]
                    for pid in workers:
                        for fd in os.listdir(f"/proc/{pid}/fd"):
                            try:
                                if os.readlink(f"/proc/{pid}/fd/{fd}") == f"socket:[{inode}]":
                                    return pid
                            except FileNotFoundError:
                                pass
    return None


def test_a_killed_worker(how, number):
    service = Service(PROGRAM, "--supervise", "--workers", "3", "--listener", how)
    wait_for(lambda: len(children(service)) == 3)
    workers = children(service)
    check("each worker is a process", len(workers) == 3, workers)
    kept = [dial(service.port) for _ in range(30)]
    for connection in kept:
        check.failed += ask(connection, "/plaintext")[0] != 200
    of = {connection: owner(connection, service, workers) for connection in kept}
    check("every connection is one worker's", None not in of.values())
    victim = of[kept[0]]
    stop, wrong, asked = threading.Event(), [], [0]

    def load():
        """New connections all the while: each is answered, unless it was the victim's."""
        while not stop.is_set():
            try:
                asked[0] += 1
                if get(service.port, "/plaintext")[0] != 200:
                    wrong.append("no reply")
            except ConnectionError as error:
                wrong.append(repr(error))

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    os.kill(victim, number)
    check("it is started again", service.logged("a worker ended and is started again", 10), service.log)
    check("all are there again", wait_for(lambda: len(children(service)) == 3), children(service))
    time.sleep(0.2)
    stop.set()
    for thread in threads:
        thread.join()
    # A load thread has one connection at a time, so the victim had at most one of each.
    check(f"of {asked[0]} new connections at most the victim's own failed", len(wrong) <= 2, wrong)
    lost = []
    for connection, worker in of.items():
        try:
            alive = ask(connection, "/plaintext")[0] == 200
        except ConnectionError:
            alive = False
        if alive != (worker != victim):
            lost.append((worker, alive))
        connection.close()
    check("the others' connections go on, the victim's are gone", not lost, lost)
    check("it ends", service.stop() == 0, service.log)
    check("each worker tells its drain", all(any(f"worker ended worker={i}" in line for line in service.log)
                                            for i in range(3)), service.log)
    check("nobody is left", wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers)))


def test_the_crash_log():
    for arguments, text in ((["--supervise", "--workers", "2"], "worker"), (["--workers", "1"], "alone"),
                            (["--workers", "2"], "a thread")):
        service = Service(PROGRAM, *arguments)
        try:
            get(service.port, "/crash", "X-Request-Id: id-of-it\r\n")
        except ConnectionError:
            pass
        found = service.logged("crashed method=", 10)
        check(f"{text}: a crash tells its request",
              found and any("method=GET route=/crash id=id-of-it" in line for line in service.log), service.log)
        check(f"{text}: and its signal", any(re.search("crashed signal=SIGSEGV address=0x40 process=[0-9]+ worker=", line)
                                             for line in service.log), service.log)
        check(f"{text}: and its calls", service.logged("server_sample_main("), service.log)
        if "--supervise" in arguments:
            check("it is told", service.logged("a worker ended and is started again"))
            check("it serves on", wait_for(lambda: len(children(service)) == 2) and
                  get(service.port, "/plaintext")[0] == 200)
            check("it ends", service.stop() == 0, service.log)
        else:
            check(f"{text}: the process ends by the signal", service.end() == -signal.SIGSEGV)


def test_backoff():
    service = Service(PROGRAM, "--supervise", "--workers", "1")
    for _ in range(4):
        wait_for(lambda: len(children(service)) == 1)
        before = children(service)
        os.kill(before[0], signal.SIGKILL)
        wait_for(lambda: children(service) not in (before, []))
    delays = [int(found[1]) for line in service.log if (found := re.search(r"delay_ms=(\d+)", line))]
    check("the first time at once, then later each time", delays == [0, 100, 200, 400], delays)
    check("it serves", get(service.port, "/plaintext")[0] == 200)
    check("it ends", service.stop() == 0)


def test_its_life(folder):
    service = Service(PROGRAM, "--supervise", "--workers", "2", "--trusted-proxy", "127.0.0.1", "--log-file",
                      f"{folder}/log", listen=("127.0.0.1:0", f"unix:{folder}/socket", "proxy:127.0.0.1:0"))
    check("addresses are those of one process", service.lines[1].endswith(f"unix:{folder}/socket\n"), service.lines)
    with dial(service.ports[2]) as connection:
        connection.sendall(b"PROXY TCP4 192.0.2.1 198.51.100.1 1 2\r\n")
        check("proxies speak to workers", ask(connection, "/peer")[1] == b"192.0.2.1:1")
    os.rename(f"{folder}/log", f"{folder}/log.1")
    service.signal(signal.SIGHUP)
    check("SIGHUP comes to all", wait_for(lambda: os.path.exists(f"{folder}/log") and
                                          open(f"{folder}/log").read().count("read again") == 2))
    workers = children(service)
    os.kill(service.process.pid, signal.SIGKILL)
    service.end()
    check("workers end with their supervisor", wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers)))


def test_start():
    for arguments in (["--supervise", "--listen", "127.0.0.1:99999"], ["--supervise", "--listen", "fd:none"],
                      ["--supervise", "--tls-cert", "/nonexistent", "--tls-key", "/nonexistent", "--listen", "tls:127.0.0.1:0"]):
        got = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=10)
        check(f"{arguments[-1]} is refused", got.returncode in (1, 2) and got.stderr, got)
    service = Service(PROGRAM, "--supervise", "--workers", "2", "--drain", "30")
    with dial(service.port) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n")
        time.sleep(0.2)
        service.signal()
        time.sleep(0.3)
        check("a request under way holds it", service.process.poll() is None)
        service.signal()
        check("a second signal does not wait", service.end(5) == 1)


def test_signals_at_once():
    """Whoever reads the address may signal at once; what comes before somebody hears it waits."""
    for arguments in ([], ["--supervise", "--workers", "2"]):
        for number in (signal.SIGHUP, signal.SIGTERM) * 4:
            service = Service(PROGRAM, *arguments)
            service.signal(number)
            if number == signal.SIGHUP:
                check("SIGHUP at once: it serves", get(service.port, "/plaintext")[0] == 200, service.log)
                service.signal()
            check(f"{number.name} at once: it ends in order", service.end() == 0, service.log)


def main():
    for how, number in (("reuseport", signal.SIGSEGV), ("shared", signal.SIGKILL)):
        test_a_killed_worker(how, number)
    test_the_crash_log()
    test_backoff()
    with tempfile.TemporaryDirectory() as folder:
        test_its_life(folder)
    test_start()
    test_signals_at_once()
    return check.end()


sys.exit(main())
