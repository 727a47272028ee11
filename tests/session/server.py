#!/usr/bin/env python3
"""Sessions as a server is run: keys by flag and by variable, what is wrong with them, rotation by SIGHUP, and one memory for
all workers.

usage: server.py PROGRAM
"""
import base64
import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading

program = sys.argv[1]
failed = 0


def check(what, condition, *shown):
    global failed
    if not condition:
        failed += 1
        print("FAILED:", what, *shown)


def new_key():
    return base64.b64encode(os.urandom(32)).decode()


def refused(what, wanted, flags=(), **variables):
    run = subprocess.run([program, "--listen", "127.0.0.1:0", "--check", *flags], capture_output=True, text=True, timeout=10,
                         env={**os.environ, **variables})
    check(what, run.returncode != 0 and wanted in run.stderr, run.returncode, run.stderr)


class Server:
    def __init__(self, *flags, **variables):
        self.process = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--drain", "5", *flags], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **variables})
        self.port = int(re.search(r":(\d+)\s*$", self.process.stdout.readline())[1])

    def get(self, path, cookie=None, connection=None):
        """(content, the cookie's value after it, or None)"""
        peer = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        peer.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        reply = peer.getresponse()
        content, line = reply.read().decode(), reply.getheader("Set-Cookie")
        if not connection:
            peer.close()
        return content, line and line.partition(";")[0]

    def wait_for(self, text):
        for line in self.process.stderr:
            if text in line:
                return True
        return False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, told = self.process.communicate(timeout=10)
        check("it ends well", self.process.returncode == 0, self.process.returncode, told)


def faults(folder):
    path = os.path.join(folder, "keys")
    refused("no key", "openssl rand -base64 32")
    refused("no file", path, ["--session-key-file", path])
    with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write("# none yet\n")
    refused("an empty file", "there is no key", ["--session-key-file", path])
    with open(path, "a") as file:
        file.write(base64.b64encode(os.urandom(31)).decode() + "\n")
    refused("a short key", "less than 32 bytes", ["--session-key-file", path])
    os.chmod(path, 0o644)
    refused("a file for everybody", "chmod", ["--session-key-file", path])
    refused("no base64", "not base64", FLARE_SESSION_KEYS="hunter2")
    refused("an empty name", "empty", ["--session-key-file", ""])
    os.unlink(path)


def rotation(folder):
    path = os.path.join(folder, "keys")
    old, new = new_key(), new_key()

    def write(*keys):
        with open(path + ".next", "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write("\n".join(keys) + "\n")
        os.rename(path + ".next", path)

    write(old)
    server = Server("--session-key-file", path, "--workers", "2")
    _, card = server.get("/card/save?n=5")
    check("signed", server.get("/card/show", card) == ("5", None))
    wrong, stop = [], threading.Event()

    def load():
        peer = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        while not stop.is_set():
            if server.get("/card/show", card, peer)[0] != "5":
                wrong.append(1)
        peer.close()

    threads = [threading.Thread(target=load) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        for keys in ((new, old), (old,), (old, new)):
            write(*keys)
            server.process.send_signal(signal.SIGHUP)
            check("read again", server.wait_for("the keys of sessions were read again"))
    stop.set()
    for thread in threads:
        thread.join()
    check("nobody lost a session while keys changed", not wrong, len(wrong))
    write("broken")
    server.process.send_signal(signal.SIGHUP)
    check("a broken file is said", server.wait_for("stay as they were"))
    check("and changes nothing", server.get("/card/show", card)[0] == "5")
    write(new)
    server.process.send_signal(signal.SIGHUP)
    check("read again", server.wait_for("were read again"))
    check("what the old key signed is none", server.get("/card/show", card)[0] == "none")
    server.stop()
    other = Server(FLARE_SESSION_KEYS=f"{new_key()},{old}")
    check("another process with the key", other.get("/card/show", card)[0] == "5")
    other.stop()


def workers():
    server = Server("--workers", "4", FLARE_SESSION_KEYS=new_key())
    lost = []

    def visitor(number):
        peers = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=10) for _ in range(4)]
        _, cookie = server.get(f"/mem/save?n={number}", None, peers[0])
        for step in range(50):
            if server.get("/mem/show", cookie, peers[step % 4])[0] != str(number):
                lost.append(number)
            got, renewed = server.get(f"/mem/renew?n={number}", cookie, peers[(step + 1) % 4])
            cookie = renewed or cookie
        for peer in peers:
            peer.close()

    threads = [threading.Thread(target=visitor, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check("every worker finds every session", not lost, lost)
    server.stop()


with tempfile.TemporaryDirectory() as place:
    faults(place)
    rotation(place)
    workers()
print("failed" if failed else "passed")
sys.exit(1 if failed else 0)
