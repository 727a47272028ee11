#!/usr/bin/env python3
"""Judges flare's WebSocket client by the 517 cases of cases.py, turned round: this side is the server, and the client echoes. Node's
`ws` and Python's `websockets` are judged beside it as clients. Then the client talks to servers made of both.

usage: judge_client.py ECHO_CLIENT [--judges DIR] [--all] [--messages N] [CASE...]
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


def talk(program, servers, messages):
    """@return how many servers were not talked to as they should"""
    failed = 0
    for make in servers:
        server = make()
        try:
            got = subprocess.run([program, f"ws://127.0.0.1:{server.port}/", str(messages)], capture_output=True, text=True,
                                 timeout=120)
            print(f"with {server.name}'s server: {got.stdout.strip()}")
            failed += got.returncode != 0 or f"{messages} of {messages} came back, FLARE_OK, 1000" not in got.stdout
        finally:
            server.stop()
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--judges", type=pathlib.Path, help="where they are, or are brought to; without it there are none")
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
    return 1 if talk(args.program, servers, 200) or failed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
