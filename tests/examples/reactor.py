#!/usr/bin/env python3
"""reactor.py PROGRAM: lines over IPv4 and IPv6, datagrams, HTTP and a timer share what one worker's loop holds; idle or
rude peers of one cost the others nothing; a drain ends all of them.

usage: reactor.py build/release/bin/reactor"""
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

failed = 0


def check(good, what):
    global failed
    if not good:
        failed += 1
        print(f"FAILED: {what}")


class Board:
    def __init__(self, program, lines):
        self.process = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--workers", "1", "--drain", "5", "--log", "off"],
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, "BOARD_LINES": lines})
        self.url = re.search(r"http://\S+", self.process.stdout.readline())[0]
        host, port = re.search(r"at (.*):(\d+)$", self.process.stdout.readline()).groups()
        self.place = (host.strip("[]"), int(port))
        self.family = socket.AF_INET6 if ":" in self.place[0] else socket.AF_INET

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=5) as reply:
            return reply.read().decode()

    def dial(self):
        return socket.create_connection(self.place, timeout=5)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


def ask(peer, line, answer):
    peer.sendall(line)
    got = b""
    while got.count(b"\n") < answer.count(b"\n"):
        more = peer.recv(100)
        if not more:
            break
        got += more
    check(got == answer, f"{line}: {got}, not {answer}")


def ended(peer):
    try:
        return peer.recv(10) == b""
    except ConnectionResetError:
        return True


def eventually(what, good):
    for _ in range(100):
        if good():
            return
        time.sleep(0.02)
    check(False, what)


def run(program, lines):
    board = Board(program, lines)
    peer = board.dial()
    ask(peer, b"get score\n", b"none\n")
    ask(peer, b"set score 41\r\n", b"ok\n")
    check(board.get("/values/score") == "41", "HTTP reads what a line wrote")
    ask(peer, b"set score 1\nset score 2\nget score\n", b"ok\nok\n2\n")
    for byte in b"get score":
        peer.sendall(bytes([byte]))
    ask(peer, b"\n", b"2\n")
    ask(peer, b"nonsense\nset score x\nset " + b"n" * 17 + b" 1\n", b"?\n?\n?\n")

    with socket.socket(board.family, socket.SOCK_DGRAM) as datagrams:
        for text in (b"score 7", b"", b"nonsense", b"n" * 1000, b"other 8"):
            datagrams.sendto(text, board.place)
    eventually("datagrams arrive", lambda: '"values":2' in board.get("/status"))
    ask(peer, b"get score\n", b"7\n")

    rude = board.dial()
    rude.sendall(b"x" * 1000)
    check(ended(rude), "a line without an end ends its peer")
    many = [board.dial() for _ in range(20)]
    eventually("all peers are counted", lambda: '"lines":21' in board.get("/status"))
    for one in many:
        one.close()
    eventually("those who left are not", lambda: '"lines":1,' in board.get("/status"))
    before = int(re.search(r'"ticks":(\d+)', board.get("/status"))[1])
    time.sleep(0.35)
    ticks = int(re.search(r'"ticks":(\d+)', board.get("/status"))[1]) - before
    check(2 <= ticks <= 5, f"{ticks} ticks in 350 ms")
    check(board.stop() == 0, "the drain is clean")
    check(ended(peer), "the drain ends peers of lines")


for lines in ("127.0.0.1:0", "[::1]:0"):
    run(sys.argv[1], lines)
refused = subprocess.run([sys.argv[1], "--listen", "127.0.0.1:0", "--workers", "2", "--log", "off"], capture_output=True, timeout=10)
check(refused.returncode == 1, "two workers are refused")
print("failed" if failed else "passed")
sys.exit(1 if failed else 0)
