#!/usr/bin/env python3
"""A file of options, and what SIGHUP changes: trusted proxies, the log's file; TLS beside plain addresses, behind a proxy
too. usage: config.py PROGRAM CERTIFICATE KEY"""
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time

from service import Checks, Service, ask, dial, get

PROGRAM, CERTIFICATE, KEY = sys.argv[1:4]
check = Checks()


def write(path, text):
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def read(path):
    with open(path) as file:
        return file.read()


def over_tls(raw):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(raw, server_hostname="localhost")


def reload(service, text):
    before = sum(text in line for line in service.log)
    service.signal(signal.SIGHUP)
    for _ in range(500):
        if sum(text in line for line in service.log) > before:
            return True
        service.logged("\0", 0.01)
    return False


def test_reload(folder):
    path = f"{folder}/service.conf"
    write(path, "listen = 127.0.0.1:0\nworkers = 2\n")
    service = Service(PROGRAM, "--config", path, listen=())
    peer = lambda: get(service.port, "/peer", "X-Forwarded-For: 192.0.2.1\r\n")[1]  # noqa: E731
    check("nobody is believed", peer().startswith(b"127.0.0.1:"))
    with dial(service.port) as kept:
        ask(kept, "/plaintext")
        write(path, "listen = 127.0.0.1:0\nworkers = 2\ntrusted-proxy = 127.0.0.1\ndrain = 1\n")
        check("SIGHUP reads the file again", reload(service, "the configuration was read again"))
        # The workers take it in their next turn.
        check("the proxy is believed then", any(peer() == b"192.0.2.1" for _ in range(20)))
        check("a connection of before goes on", ask(kept, "/peer", "X-Forwarded-For: 192.0.2.1\r\n")[1] == b"192.0.2.1")
        write(path, "trusted-proxy = everybody\n")
        check("what is wrong is told with its line", reload(service, f"stays as it was: {path}:1: trusted-proxy"))
        check("and changes nothing", peer() == b"192.0.2.1")
        write(path, "listen = 127.0.0.1:1\nworkers = 3\ntrusted-proxy = 127.0.0.1\ndrain = 1\n")
        check("what needs a restart is told", reload(service, "workers: stays as it is until a restart"))
        check("all of it", service.logged("listen: stays as it is"))
        check("it serves", get(service.port, "/plaintext")[0] == 200)
        # `drain` was changed too: a request that does not end is cut after a second.
        kept.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n")
        time.sleep(0.1)
        status = service.stop()
        check("the drain is the new one", status == 1 and service.logged("drain_ms=10"), (status, service.log))


def test_log_file(folder):
    log = f"{folder}/log"
    service = Service(PROGRAM, "--log-file", log, "--workers", "1")
    get(service.port, "/plaintext")  # from here on it hears signals
    service.signal(signal.SIGHUP)
    for _ in range(500):
        if os.path.exists(log) and "read again" in read(log):
            break
        service.logged("\0", 0.01)
    os.rename(log, log + ".1")
    service.signal(signal.SIGHUP)
    for _ in range(500):
        if os.path.exists(log) and "read again" in read(log):
            break
        service.logged("\0", 0.01)
    check("the log goes to its file, and to the new one after SIGHUP",
          read(log).count("read again") == 1 and read(log + ".1").count("read again") == 1)
    check("it ends", service.stop() == 0 and "worker ended" in read(log) and not service.log, service.log)
    got = subprocess.run([PROGRAM, "--log-file", f"{folder}/no/log", "--listen", "127.0.0.1:0"], capture_output=True,
                         text=True, timeout=10)
    check("a file that can't be opened is refused", got.returncode == 1 and "/no/log: not found" in got.stderr, got)


def test_listeners(folder):
    tls = ["--tls-cert", CERTIFICATE, "--tls-key", KEY, "--trusted-proxy", "127.0.0.1"]
    listen = ["127.0.0.1:0", "tls:127.0.0.1:0", "proxy:127.0.0.1:0", "proxy:tls:127.0.0.1:0", f"unix:{folder}/socket"]
    header = b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"
    for how in ("reuseport", "shared"):
        service = Service(PROGRAM, "--workers", "2", "--listener", how, *tls, listen=listen)
        plain, secure, proxied, both, _ = service.ports
        check("plain", get(plain, "/peer")[1].startswith(b"127.0.0.1:"))
        with over_tls(dial(secure)) as connection:
            check("TLS beside it", ask(connection, "/peer")[1].startswith(b"127.0.0.1:"))
        with dial(proxied) as raw:
            raw.sendall(header)
            check("the PROXY protocol", ask(raw, "/peer")[1] == b"192.0.2.1:56324")
        for cut in (0, 10, len(header)):
            raw = dial(both)
            raw.sendall(header[:cut])
            raw.sendall(header[cut:])
            with over_tls(raw) as connection:
                check("the PROXY protocol before TLS", ask(connection, "/peer")[1] == b"192.0.2.1:56324")
                check("and more requests there", ask(connection, "/peer")[1] == b"192.0.2.1:56324")
        raw = dial(both)
        try:
            over_tls(raw).close()
            check("TLS without the header is not spoken", False)
        except OSError:
            check("TLS without the header is not spoken", True)
        check("it ends", service.stop() == 0)


def main():
    with tempfile.TemporaryDirectory() as folder:
        test_reload(folder)
        test_log_file(folder)
        test_listeners(folder)
    return check.end()


sys.exit(main())
