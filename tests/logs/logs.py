#!/usr/bin/env python3
"""logs.py LOGS LOGGED: what the services of logs.flare and logged.flare log of requests, as text and as JSON.

No value that the spec calls secret is in any line, whatever becomes of its request.
"""
import http.client
import json
import re
import subprocess
import sys

SECRET = "hush-hush-42"
failed = 0


def check(good, text):
    global failed
    if not good:
        failed += 1
        print(f"FAILED {text}")


def run(program, form, requests):
    """Serves, sends each request, and stops; returns the statuses and what was logged."""
    process = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--log", form, "--workers", "1"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        found = None
        while not found:
            line = process.stdout.readline()
            if not line:
                sys.exit(f"{program} says no address: {process.stderr.read()}")
            found = re.search(r"http://([0-9.]+):([0-9]+)", line)
        statuses = []
        for method, target, headers, body in requests:
            connection = http.client.HTTPConnection(found[1], int(found[2]), timeout=20)
            connection.request(method, target, body, headers)
            reply = connection.getresponse()
            if target == "/endless":
                reply.read(5)
                reply.close()
            else:
                reply.read()
            statuses.append(reply.status)
            connection.close()
    finally:
        process.terminate()
        logged = process.communicate(timeout=20)[1]
    return statuses, logged


JSON = {"Content-Type": "application/json"}
ROWS = [  # method, target, headers, body, status, the path that is logged or None, what else its log says
    ("GET", "/quiet/name", {}, None, 200, None, None),
    ("GET", f"/invites/{SECRET}", {}, None, 200, "/invites/:token", None),
    ("GET", f"/invites/{SECRET}?pass={SECRET}", {}, None, 200, "/invites/:token", None),
    ("GET", f"/invites/{SECRET}?pass={SECRET}{SECRET}", {}, None, 400, "/invites/:token", None),
    ("GET", f"/invites/{SECRET}{SECRET}", {}, None, 400, "/invites/:token", None),
    ("GET", f"/invites/{SECRET}%00", {}, None, 400, None, None),
    ("POST", f"/invites/{SECRET}", {}, "", 405, None, "logs: its page for 405 returned a reply that no constructor made"),
    ("GET", f"/invites/{SECRET}/more", {}, None, 404, None, None),
    ("POST", "/notes", {**JSON, "X-Key": SECRET}, json.dumps({"title": "a", "key": SECRET}), 204, "/notes", None),
    ("POST", "/notes", JSON, json.dumps({"title": "a", "key": SECRET * 2}), 422, "/notes", None),
    ("POST", "/notes", JSON, json.dumps({"title": "a"})[:-1] + SECRET, 400, "/notes", None),
    ("POST", "/notes", {**JSON, "X-Key": SECRET * 2}, "{}", 400, "/notes", None),
    ("POST", "/notes?mode=refuse", {**JSON, "X-Key": SECRET}, "{}", 403, "/notes", None),
    ("POST", "/notes", JSON, json.dumps({"title": "fail", "key": SECRET}), 500, "/notes", "the disk is on fire"),
    ("POST", "/notes?mode=forged", {**JSON, "X-Key": SECRET}, "{}", 500, "/notes",
     "add_note: the guard known returned a verdict that no constructor made"),
    ("GET", "/notes/wrong", {"X-Key": SECRET}, None, 500, "/notes/wrong",
     "wrong: its handler returned a reply that no constructor made"),
]

for form in ("text", "json"):
    statuses, logged = run(sys.argv[1], form, [row[:4] for row in ROWS])
    check(SECRET not in logged, f"{form}: a secret is logged:\n" +
          "\n".join(line for line in logged.splitlines() if SECRET in line))
    for row, status in zip(ROWS, statuses):
        check(status == row[4], f"{row[0]} {row[1]}: {status}, not {row[4]}")
        check(row[6] is None or logged.count(row[6]) == 1, f"{form}: {logged.count(row[6] or '')} times: {row[6]}")
    lines = [line for line in logged.splitlines() if "request" in line and ("path=" in line or '"path"' in line)]
    expected = [row[5] for row in ROWS if row[5] is not None]
    if form == "json":
        lines = [json.loads(line) for line in lines]
        check([line["path"] for line in lines] == expected, f"paths: {[line['path'] for line in lines]}")
        for line in lines:
            check(line["us"] < 60_000_000 and line["peer"].startswith("127.0.0.1:"), f"us and peer: {line}")
    else:
        check([re.search(r"path=(\S+)", line)[1] for line in lines] == expected, f"{form}: {lines}")
        for line in lines:
            check(re.search(r" us=[0-9]+ .*peer=127\.0\.0\.1:[0-9]+", line), f"us and peer: {line}")

    # No route is found for these, so no rule of one says where the secret is.
    requests = [("GET", "/plain/seen", {}, None), ("GET", f"/reset/{SECRET}", {}, None), ("POST", f"/reset/{SECRET}", {}, ""),
                ("GET", f"/reset/{SECRET}/", {}, None), ("GET", f"/%72eset/{SECRET}/x", {}, None),
                ("OPTIONS", f"/reset/{SECRET}", {}, None), ("HEAD", f"/reset/{SECRET}", {}, None)]
    statuses, logged = run(sys.argv[2], form, requests)
    check(SECRET not in logged, f"{form}: a secret is logged:\n{logged}")
    check(statuses[:2] == [200, 200] and "/plain/seen" in logged, f"{statuses} {logged}")
    check(len(re.findall(r"\brequest\b", logged)) == len(requests), f"{form}: not a line for each request:\n{logged}")

    # What was sent, although its reader left before the end.
    statuses, logged = run(sys.argv[2], form, [("GET", "/endless", {}, None)])
    check(statuses == [200], f"{statuses}")
    check(re.search(r"status=200|\"status\":200", logged) and "/endless" in logged, f"{form}: a stream that was cut off:\n{logged}")

if failed:
    sys.exit(1)
