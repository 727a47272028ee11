#!/usr/bin/env python3
"""flare's WebSocket client over HTTP/2 before servers by hyper-h2: the light ones of the 517 cases, what ALPN chooses, and the way
back to HTTP/1.1. Then it talks to the examples' servers, and, with --judges, to Hypercorn.

usage: client_h2.py ECHO_CLIENT --bin BIN_DIR --cert FILE [--judges DIR]
"""
import argparse
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys

try:
    import h2.connection  # noqa: F401
except ImportError:
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("skipped: websocket_client_h2 because hyper-h2 is not installed")
    sys.exit(0)

import client

client.MASKED = False
import cases
import judge
import judge_client
from h2_peer import H2Peer

HERE = pathlib.Path(__file__).resolve().parent
HYPERCORN = "0.18.0"
failed = []


def check(name, good, detail=""):
    if not good:
        failed.append(name)
        print(f"FAILED {name}: {detail}")


class Echo(judge_client.Echo):
    def open(self, kind, extensions=None):
        return H2Peer(self.listening, extensions)


def run_cases(program):
    """The same cases as over HTTP/1.1."""
    echo, count = Echo("flare", [program, "-k"]), 0
    try:
        for case in cases.all_cases():
            if case.heavy:
                continue
            count += 1
            wrong = judge.judge(echo, case, 3)
            check(case.id, wrong is None, wrong)
    finally:
        echo.stop()
    print(f"flare's client over HTTP/2: {count} cases")


class Secured:
    """A client that offers both, and a server of TLS that it asks."""

    def __init__(self, program, cert, protocols, flag="-o"):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(f"{cert}.crt", f"{cert}.key")
        if protocols:
            self.context.set_alpn_protocols(protocols)
        self.listening = socket.create_server(("127.0.0.1", 0))
        url = f"wss://localhost:{self.listening.getsockname()[1]}/chat"
        self.process = subprocess.Popen([program, flag, url, "1", "text", f"{cert}.crt"], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)

    def take(self, **more):
        return H2Peer(self.listening, tls=self.context, **more)

    def take_plain(self):
        """The next connection, which must have come to HTTP/1.1. @return the head of its request"""
        peer = self.take()
        head = b""
        while peer.alpn != "h2" and b"\r\n\r\n" not in head:
            head += peer.socket.recv(4096)
        return peer, head

    def end(self, *peers):
        self.listening.close()
        for peer in peers:
            peer.end()
        out, _ = self.process.communicate(timeout=10)
        return self.process.returncode, out


def echo_once(peer):
    event = peer.receive()
    peer.send(client.frame(client.TEXT, event[1]))
    return event[0], peer.receive()


def test_alpn(program, cert):
    both = Secured(program, cert, ["h2", "http/1.1"])
    peer = both.take()
    check("HTTP/2 is chosen", peer.alpn == "h2" and peer.fields.get(":protocol") == "websocket", peer.fields)
    check("https is its scheme", peer.fields.get(":scheme") == "https" and peer.fields.get(":path") == "/chat", peer.fields)
    check("an echo", echo_once(peer) == ("text", ("close", 1000)))
    peer.send(client.close(1000))
    code, out = both.end(peer)
    check("the client says so", "1 of 1 came back" in out and ", HTTP/2" in out, out)

    for protocols in (["http/1.1"], None):
        old = Secured(program, cert, protocols)
        peer, head = old.take_plain() if protocols else (None, b"")
        check("HTTP/1.1 is chosen", not protocols or head.startswith(b"GET /chat HTTP/1.1\r\n"), head)
        if protocols is None:
            raw, _ = old.listening.accept()
            raw = old.context.wrap_socket(raw, server_side=True)
            check("nothing is chosen: HTTP/1.1", raw.recv(4096).startswith(b"GET /chat HTTP/1.1\r\n"))
            raw.close()
        old.end(*([peer] if peer else []))


def test_the_way_back(program, cert):
    for name, more in (("a server that announces nothing", {"takes_connect": False}),
                       ("a server that wants HTTP/1.1", {"reset": 0xd})):
        both = Secured(program, cert, ["h2", "http/1.1"])
        first = both.take(**more)
        check(f"{name} is first asked over HTTP/2", first.alpn == "h2")
        if "reset" not in more:
            check(f"{name} is sent no CONNECT", first.fields is None, first.fields)
        both.context.set_alpn_protocols(["h2", "http/1.1"])
        second, head = both.take_plain()
        check(f"{name}: HTTP/1.1, on a connection of its own", second.alpn == "http/1.1" and head.startswith(b"GET /chat HTTP/1.1"), head)
        both.end(first, second)
    refused = Secured(program, cert, ["h2", "http/1.1"])
    peer = refused.take(status="403")
    code, _ = refused.end(peer)
    check("a refusal is one", code == 1)
    known = Secured(program, cert, ["h2"], flag="-k")
    peer = known.take(takes_connect=False)
    code, _ = known.end(peer)
    check("what is known to be HTTP/2 is asked once", code == 1 and peer.fields is None)


def talk(program, flags, url, kind, *ca, http2=True):
    got = subprocess.run([program, *flags, url, "100", kind, *ca], capture_output=True, text=True, timeout=60)
    good = got.returncode == 0 and "100 of 100 came back, FLARE_OK, 1000" in got.stdout and (", HTTP/2" in got.stdout) == http2
    check(f"{url} {' '.join(flags)}", good, got.stdout + got.stderr)


def talk_to_examples(program, folder, cert):
    for name, path, kind in (("websocket_echo", "/text", "text"), ("websocket_echo", "/bytes", "bytes"),
                             ("ws_permessage_deflate", "/context", "text")):
        plain = judge.Server("flare", [folder / name, "--listen", "127.0.0.1:0", "--workers", "1"], {})
        talk(program, ["-k"], f"ws://127.0.0.1:{plain.port}{path}", kind)
        plain.stop()
        secure = judge.Server("flare", [folder / name, "--listen", "tls:127.0.0.1:0", "--workers", "1", "--tls-cert",
                                        f"{cert}.crt", "--tls-key", f"{cert}.key"], {})
        for flags in (["-o"], ["-k"], []):
            talk(program, flags, f"wss://localhost:{secure.port}{path}", kind, f"{cert}.crt", http2=bool(flags))
        secure.stop()


def talk_to_hypercorn(program, folder, cert):
    """A server of other hands: hyper-h2 and wsproto."""
    python = folder.resolve() / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], stdout=subprocess.DEVNULL)
    if subprocess.run([python, "-c", "import hypercorn"], stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"hypercorn=={HYPERCORN}"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if subprocess.run([python, "-c", "import hypercorn"], stderr=subprocess.DEVNULL).returncode != 0:
        print("skipped: Hypercorn because it can't be brought here")
        return
    for flags in (["-o"], ["-k"], []):
        process = subprocess.Popen([python, "-m", "hypercorn", "echo_asgi:app", "--bind", "127.0.0.1:0", "--certfile", f"{cert}.crt",
                                    "--keyfile", f"{cert}.key", "--websocket-ping-interval", "20"], cwd=HERE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            port = None
            while port is None:
                line = process.stdout.readline()
                if not line:
                    break
                found = re.search(r"Running on https://127\.0\.0\.1:(\d+)", line)
                port = found and found.group(1)
            talk(program, flags, f"wss://localhost:{port}/", "both", f"{cert}.crt", http2=bool(flags))
        finally:
            process.terminate()
            process.wait(10)
    print("with Hypercorn: over HTTP/2 and HTTP/1.1")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where the examples are")
    parser.add_argument("--cert", required=True, help="localhost's certificate and key, without .crt and .key")
    parser.add_argument("--judges", type=pathlib.Path, help="where they are, or are brought to; without it there are none")
    args = parser.parse_args()
    args.cert = os.path.abspath(args.cert)
    run_cases(args.program)
    test_alpn(args.program, args.cert)
    test_the_way_back(args.program, args.cert)
    talk_to_examples(args.program, args.bin, args.cert)
    if args.judges:
        talk_to_hypercorn(args.program, args.judges, args.cert)
    print(f"{len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
