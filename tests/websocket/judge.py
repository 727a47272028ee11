#!/usr/bin/env python3
"""Judges a WebSocket server by the 517 cases of cases.py, and Node's `ws` and Python's `websockets` beside it: a case that one of
them answers in another way is listed, and fails unless it is one of cases.KNOWN_DIFFERENCES, so that a mistake in the table shows.

The two are brought into build/judges/websocket (npm, pip; pinned below). What can't be had is skipped, and said.

usage: judge.py BIN_DIR [--judges DIR] [--all | --subset] [--messages N] [CASE...]
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys

import cases
from client import BINARY, Client, TEXT, close, frame

HERE = pathlib.Path(__file__).resolve().parent
WS, WEBSOCKETS = "8.18.0", "13.1"


class Server:
    """A program that prints its port; the path of a case's kind."""

    def __init__(self, name, command, paths):
        self.name, self.paths, self.seconds = name, paths, 10
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        found = re.search(r":(\d+)\s*$", self.process.stdout.readline())
        if not found:
            raise RuntimeError(f"{name} printed no port")
        self.port = int(found.group(1))

    def open(self, kind, extensions=None):
        return Client("127.0.0.1", self.port, self.paths[kind], extensions, seconds=self.seconds)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def run_plain(server, case):
    client = server.open(case.kind)
    client.send(case.sent, case.chop)
    events = []
    try:
        while not events or events[-1] != ("end",):
            if not case.closes and len(events) == len(case.wanted) - len(cases.NORMAL):
                client.send(close(1000)) # behind the echo: who is told to end may drop what it has not said
            events.append(client.receive())
            if len(events) > len(case.wanted) + 5:
                break
    except TimeoutError:
        events.append(("silence",))
    client.end()
    return events


def run_compressed(server, case, messages):
    client = server.open("deflate", case.offer)
    if "permessage-deflate" not in client.agreed:
        return "deflate was not agreed on"
    deflater = client.deflater()
    for number in range(messages):
        payload = cases.payload_of(case.payload, case.size, number)
        if "client_no_context_takeover" in client.agreed:
            deflater = client.deflater()
        bytes_ = (deflater.compress(payload) + deflater.flush(2))[:-4]
        size = case.fragment or len(bytes_)
        pieces = [bytes_[at:at + size] for at in range(0, len(bytes_), size)] or [b"\0"]
        client.send(b"".join(frame(TEXT if i == 0 else 0, piece, i == len(pieces) - 1, 4 if i == 0 else 0)
                             for i, piece in enumerate(pieces)))
        got = client.receive()
        if got != ("text", payload):
            return f"message {number}: {short([got])}"
    client.send(close(1000))
    got = [client.receive(), client.receive()]
    client.end()
    return None if got == cases.NORMAL else short(got)


def short(events):
    counts = []
    for event in events:
        text = event[0] + (":" + (repr(event[1][:20]) + f"({len(event[1])})" if isinstance(event[1], bytes) else str(event[1]))
                           if len(event) > 1 else "")
        if counts and counts[-1][0] == text:
            counts[-1][1] += 1
        else:
            counts.append([text, 1])
    return ", ".join(text if count == 1 else f"{count} x {text}" for text, count in counts)


def judge(server, case, messages):
    """@return what is wrong, or None"""
    try:
        if isinstance(case, cases.Compressed):
            return run_compressed(server, case, messages)
        events = run_plain(server, case)
    except (OSError, AssertionError, ConnectionError) as error:
        return f"{type(error).__name__}: {error}"
    return None if events == case.wanted else short(events)


def oracles(folder):
    """Servers of the judges, and what could not be brought."""
    folder.mkdir(parents=True, exist_ok=True)
    found, missing = [], []
    node = folder.resolve() / "node_modules" / "ws"
    if not node.exists():
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, f"ws@{WS}"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    paths = {TEXT: "/", BINARY: "/", "deflate": "/"}
    if node.exists():
        found.append(lambda: Server("ws", ["node", HERE / "echo.cjs", node], paths))
    else:
        missing.append(f"ws {WS}")
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], stdout=subprocess.DEVNULL)
    if subprocess.run([python, "-c", "import websockets"], stderr=subprocess.DEVNULL).returncode != 0:
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"websockets=={WEBSOCKETS}"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if subprocess.run([python, "-c", "import websockets"], stderr=subprocess.DEVNULL).returncode == 0:
        found.append(lambda: Server("websockets", [python, HERE / "echo.py"], paths))
    else:
        missing.append(f"websockets {WEBSOCKETS}")
    return found, missing


def wanted(case, args):
    if case.heavy and not args.all and not (args.subset and case.id in cases.HEAVY_SUBSET):
        return False
    return not args.cases or any(case.id == name or case.id.startswith(name + ".") for name in args.cases)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--judges", type=pathlib.Path, help="where they are, or are brought to; without it there are none")
    parser.add_argument("--all", action="store_true", help="the heavy cases too")
    parser.add_argument("--subset", action="store_true", help="a few of the heavy cases too")
    parser.add_argument("--messages", type=int, default=10, help="of each case of compression")
    parser.add_argument("cases", nargs="*", help="ids, or their beginnings")
    args = parser.parse_intermixed_args()

    ours = [lambda: Server("flare", [args.bin / "websocket_echo", "--listen", "127.0.0.1:0", "--workers", "1"],
                           {TEXT: "/text", BINARY: "/bytes"}),
            lambda: Server("flare", [args.bin / "ws_permessage_deflate", "--listen", "127.0.0.1:0", "--workers", "1"],
                           {"deflate": "/context"})]
    others, missing = oracles(args.judges) if args.judges else ([], [])
    for name in missing:
        print(f"skipped: {name} because it can't be brought here")
    echo, deflate = (make() for make in ours)
    beside = [make() for make in others]
    table = list(cases.all_cases())
    assert len(table) == 517 and len({case.id for case in table}) == 517, len(table)
    table = [case for case in table if wanted(case, args)]
    wrong, differs = collections.Counter(), collections.Counter()
    try:
        for case in table:
            ours = deflate if isinstance(case, cases.Compressed) else echo
            for server in (ours, *beside):
                known = case.id in cases.KNOWN_DIFFERENCES.get(server.name, ())
                server.seconds = 2 if known else 10 # some of these differences are silence
                what = judge(server, case, args.messages)
                if what is None:
                    continue
                (differs if known else wrong)[server.name] += 1
                print(f"{'' if known else 'FAILED '}{server.name} {case.id}: {what}")
    finally:
        for server in [echo, deflate, *beside]:
            server.stop()
    for server in beside:
        print(f"{server.name}: {len(table) - differs[server.name] - wrong[server.name]} of {len(table)} as in the table, "
              f"{differs[server.name]} in another way as is known")
    print(f"flare: {len(table) - wrong['flare']} of {len(table)}")
    failed = sum(wrong.values())
    print(f"{len(table) * (1 + len(beside)) - failed} passed, {failed} failed")
    return 1 if failed or not table else 0


if __name__ == "__main__":
    sys.exit(main())
