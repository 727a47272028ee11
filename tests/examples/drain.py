#!/usr/bin/env python3
"""drain.py DRAIN: ready() says no first, what is under way is finished, and the process ends with 0."""
import json
import re
import signal
import socket
import subprocess
import sys
import time

failed = 0


def check(good, text):
    global failed
    if not good:
        failed += 1
        print(f"FAILED {text}")


def dial(target):
    connection = socket.create_connection(address, 20)
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    return connection


def read(connection):
    """The reply, and whether the connection ended behind it."""
    data = b""
    connection.settimeout(20)
    while chunk := connection.recv(65536):
        data += chunk
        head, _, content = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if length and len(content) >= int(length[1]) and b"connection: close" not in head.lower():
            break
    head, _, content = data.partition(b"\r\n\r\n")
    return head.decode(), content.decode()


process = subprocess.Popen([sys.argv[1], "--listen", "127.0.0.1:0", "--workers", "1", "--drain-delay", "1", "--drain", "20", "--log", "json"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
found = re.search(r"http://([0-9.]+):([0-9]+)", process.stdout.readline())
address = (found[1], int(found[2]))
check("200 OK" in read(dial("/ready"))[0], "ready")
job = dial("/job?ms=2000")
watch = dial("/watch?ms=5000")
check("200 OK" in read(dial("/ready"))[0], "ready beside work")  # by now both were accepted
process.send_signal(signal.SIGTERM)
status = ""
for _ in range(200):  # the signal is taken by the loop in a moment
    status = read(dial("/ready"))
    if "503" in status[0]:
        break
    time.sleep(0.002)
check("503" in status[0] and status[1] == "stopping\n", f"not ready any more: {status}")
head, content = read(job)
check("200 OK" in head and content == "all done\n", f"the job is finished: {head} {content}")
head, content = read(watch)
check("200 OK" in head and content == "nothing happened so far\n", f"the wait is told: {head} {content}")
output = process.communicate(timeout=30)[1]
check(process.returncode == 0, f"ends with 0: {process.returncode}")
report = [json.loads(line) for line in output.splitlines() if "worker ended" in line]
check(len(report) == 1 and report[0]["aborted"] == 0 and report[0]["drained"] >= 2, f"the report: {output}")
sys.exit(1 if failed else 0)
