"""What a program holds, when numbers stand still, and what both tell of a proxy between a fast end and a slow one."""
import re
import socket
import threading
import time

from served import check, read_reply

MIB = 1 << 20


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) << 10


def bounded(program, front, before, what):
    """Sanitizers keep what is freed, so there it says nothing."""
    with open(program, "rb") as file:
        if b"__tsan_" in (binary := file.read()) or b"__asan_" in binary:
            return
    grown = resident(front.process) - before
    check(grown < 4 * MIB, f"{what}: {grown >> 10} KiB more")


def wait_until_still(count):
    """Until a number does not change any more."""
    last = -1
    while last != count():
        last = count()
        time.sleep(0.1)


def slow_reader(program, front, path, flooded, most, meanwhile=lambda: None):
    """64 MiB to a client that does not read at first; the upstream says how many bytes it `flooded`, which must stay below `most`."""
    before = resident(front.process)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.connect(front.address)
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n" % path)
        wait_until_still(flooded)
        bounded(program, front, before, "a reader that does not read")
        check(flooded() < most, f"the upstream has to wait: {flooded()}")
        meanwhile()
        got = 0
        while more := connection.recv(1 << 18):
            got += len(more)
            if got < 4 * MIB:
                time.sleep(0.001)
        bounded(program, front, before, "64 MiB to a slow reader")
        check(got > 64 * MIB, f"all of it comes: {got}")


def slow_upstream(program, front, path, mebibytes, most, goes_on, meanwhile=lambda: None):
    """So many MiB to an upstream that does not read until `goes_on`, an event, is set; below `most` bytes may leave the client."""
    before, part, sent = resident(front.process), bytes(MIB), [0]
    with front.dial() as connection:
        connection.sendall(b"PUT %s HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n" % (path, mebibytes * MIB))

        def send_all():
            for _ in range(mebibytes):
                connection.sendall(part)
                sent[0] += len(part)
        thread = threading.Thread(target=send_all)
        thread.start()
        wait_until_still(lambda: sent[0])
        bounded(program, front, before, "an upstream that does not read")
        check(sent[0] < most, f"the client has to wait: {sent[0]}")
        meanwhile()
        goes_on.set()
        thread.join()
        check(read_reply(connection)[2] == str(mebibytes * MIB).encode(), "all of it arrives")
        bounded(program, front, before, f"{mebibytes} MiB from a fast client")
