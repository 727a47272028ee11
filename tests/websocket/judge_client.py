#!/usr/bin/env python3
"""Judges flare's WebSocket client by the 517 cases of cases.py, turned round: this side is the server, and the client echoes. Node's
`ws` and Python's `websockets` are judged beside it as clients. Then the client talks to servers made of both, and, with BIN_DIR, to
the examples' servers, over TLS too.

usage: judge_client.py ECHO_CLIENT [--bin BIN_DIR --cert FILE] [--judges DIR] [--all] [--messages N] [CASE...]
"""
import argparse
import collections
import pathlib
import socket
import subprocess
import sys

import client

client.MASKED = False
import cases
import judge
from peer import Peer

HERE = pathlib.Path(__file__).resolve().parent
MESSAGES = 200


class Echo:
    """A client program that connects again and again; as judge.Server otherwise."""

    def __init__(self, name, command):
        self.name = name
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.process = subprocess.Popen([*command, f"ws://127.0.0.1:{self.listening.getsockname()[1]}/echo"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def open(self, kind, extensions=None):
        return Peer(self.listening, extensions)

    def stop(self):
        self.listening.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def oracles(folder):
    found, missing = judge.oracles(folder)
    node, python = folder.resolve() / "node_modules" / "ws", folder / "venv" / "bin" / "python"
    clients = []
    if not any(name.startswith("Node") for name in missing):
        clients.append(lambda: Echo("ws", ["node", HERE / "echo_client.cjs", node]))
    if not any(name.startswith("Python") for name in missing):
        clients.append(lambda: Echo("websockets", [python, HERE / "echo_client.py"]))
    return clients, found, missing


def talk(program, server, url, kind, *ca):
    """@return whether what was sent did not come back"""
    try:
        got = subprocess.run([program, url.replace("PORT", str(server.port)), str(MESSAGES), kind, *ca], capture_output=True,
                             text=True, timeout=120)
    finally:
        server.stop()
    print(f"with {server.name}'s server, {url}: {got.stdout.strip()}")
    return got.returncode != 0 or f"{MESSAGES} of {MESSAGES} came back, FLARE_OK, 1000" not in got.stdout


def talk_to_examples(program, folder, cert):
    """@return how many were not talked to as they should"""
    failed = 0
    for name, path, kind in (("websocket_echo", "/text", "text"), ("websocket_echo", "/bytes", "bytes"),
                             ("ws_permessage_deflate", "/each", "text"), ("ws_permessage_deflate", "/context", "text"),
                             ("ws_permessage_deflate", "/window", "text")):
        plain = judge.Server("flare", [folder / name, "--listen", "127.0.0.1:0", "--workers", "1"], {})
        failed += talk(program, plain, "ws://127.0.0.1:PORT" + path, kind)
        secure = judge.Server("flare", [folder / name, "--listen", "tls:127.0.0.1:0", "--workers", "1", "--tls-cert",
                                        f"{cert}.crt", "--tls-key", f"{cert}.key"], {})
        failed += talk(program, secure, "wss://localhost:PORT" + path, kind, f"{cert}.crt")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--judges", type=pathlib.Path, help="where they are, or are brought to; without it there are none")
    parser.add_argument("--bin", type=pathlib.Path, help="where the examples are")
    parser.add_argument("--cert", help="localhost's certificate and key, without .crt and .key")
    parser.add_argument("--all", action="store_true", help="the heavy cases too")
    parser.add_argument("--messages", type=int, default=10, help="of each case of compression")
    parser.add_argument("cases", nargs="*", help="ids, or their beginnings")
    args = parser.parse_intermixed_args()

    clients, servers, missing = oracles(args.judges) if args.judges else ([], [], [])
    for name in missing:
        print(f"skipped: {name} can't be brought here")
    ours = Echo("flare", [args.program])
    beside = [make() for make in clients]
    failed, count, differs = 0, 0, collections.Counter()
    table = list(cases.all_cases())
    assert len(table) == 517 and len({case.id for case in table}) == 517, len(table)
    try:
        for case in table:
            if (case.heavy and not args.all) or (args.cases and not any(
                    case.id == name or case.id.startswith(name + ".") for name in args.cases)):
                continue
            count += 1
            wrong = judge.judge(ours, case, args.messages)
            if wrong is not None:
                failed += 1
                print(f"FAILED {case.id}: {wrong}")
            for one in beside:
                wrong = judge.judge(one, case, args.messages)
                if wrong is not None:
                    differs[one.name] += 1
                    print(f"{one.name} {case.id}: {wrong}")
    finally:
        for one in [ours, *beside]:
            one.stop()
    for one in beside:
        print(f"{one.name}: {count - differs[one.name]} of {count} as in the table")
    print(f"flare's client: {count - failed} of {count}")
    failed += sum(talk(args.program, make(), "ws://127.0.0.1:PORT/", "both") for make in servers)
    if args.bin:
        failed += talk_to_examples(args.program, args.bin, args.cert)
    return 1 if failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
