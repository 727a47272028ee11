"""A WebSocket client that sends any bytes, and notes what comes: it knows no more of the protocol than tests must."""
import base64
import os
import re
import socket
import struct
import threading
import zlib

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASKED = True # whether frames are a client's
NAMES = {TEXT: "text", BINARY: "binary", PING: "ping", PONG: "pong"}


def frame(opcode, payload=b"", fin=True, rsv=0, mask=None, length=None):
    """One frame. @param length of the head, where it lies"""
    mask = MASKED if mask is None else mask
    size = len(payload) if length is None else length
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    if size < 126:
        head = struct.pack("!BB", first, size | (0x80 if mask else 0))
    elif size < 65536:
        head = struct.pack("!BBH", first, 126 | (0x80 if mask else 0), size)
    else:
        head = struct.pack("!BBQ", first, 127 | (0x80 if mask else 0), size)
    if not mask:
        return head + payload
    key = os.urandom(4)
    if not payload:
        return head + key
    whole = key * (len(payload) // 4 + 1)
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(whole[:len(payload)], "big")
    return head + key + masked.to_bytes(len(payload), "big")


def close(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


class Client:
    """Opens a WebSocket. @param wrap what a socket is put into, such as TLS @raise ConnectionError with the reply's head if it is
    refused"""

    def __init__(self, host, port, path, extensions=None, fields=(), seconds=10, wrap=None):
        self.socket = socket.create_connection((host, port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if wrap:
            self.socket = wrap(self.socket)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *fields]
        if extensions:
            lines.append(f"Sec-WebSocket-Extensions: {extensions}")
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        self.held = b""
        while b"\r\n\r\n" not in self.held:
            more = self.socket.recv(65536)
            if not more:
                break
            self.held += more
        self.head, _, self.held = self.held.partition(b"\r\n\r\n")
        if not self.head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(self.head.decode("latin-1"))
        agreed = re.search(rb"(?im)^sec-websocket-extensions:\s*(.*?)\r?$", self.head)
        self.agreed = agreed.group(1).decode() if agreed else ""
        self.inflater, self.message, self.compressed, self.opcode = None, b"", False, 0

    # ---- Sending

    def send(self, bytes_, chop=None):
        """Sends all, from a thread: what echoes must be read meanwhile. Who closed is not an error."""
        def run():
            try:
                for at in range(0, len(bytes_), chop or len(bytes_) or 1):
                    self.socket.sendall(bytes_[at:at + (chop or len(bytes_))])
            except OSError:
                pass
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def deflater(self):
        bits = re.search(r"client_max_window_bits=(\d+)", self.agreed)
        return zlib.compressobj(1, zlib.DEFLATED, -(max(9, int(bits.group(1))) if bits else 15))

    # ---- Receiving

    def take(self, count):
        if len(self.held) < count:
            parts, have = [self.held], len(self.held)
            while have < count:
                more = self.socket.recv(262144)
                if not more:
                    raise EOFError
                parts.append(more)
                have += len(more)
            self.held = b"".join(parts)
        taken, self.held = self.held[:count], self.held[count:]
        return taken

    def receive_frame(self):
        first, second = self.take(2)
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack("!H", self.take(2))
        elif length == 127:
            length, = struct.unpack("!Q", self.take(8))
        assert not second & 0x80, "a server's frame is masked"
        return first, self.take(length)

    def receive(self):
        """The next event: ("text", bytes), ("pong", bytes), ("close", code), ("end",)"""
        while True:
            try:
                first, payload = self.receive_frame()
            except (EOFError, ConnectionError):
                return ("end",)
            opcode = first & 0xf
            if opcode == CLOSE:
                return ("close", struct.unpack("!H", payload[:2])[0] if payload else None)
            if opcode in (PING, PONG):
                return (NAMES[opcode], payload)
            if opcode:
                self.opcode, self.compressed, self.message = opcode, bool(first & 0x40), b""
            self.message += payload
            if first & 0x80:
                return (NAMES[self.opcode], self.inflated())

    def inflated(self):
        if not self.compressed:
            return self.message
        if self.inflater is None or "server_no_context_takeover" in self.agreed:
            bits = re.search(r"server_max_window_bits=(\d+)", self.agreed)
            self.inflater = zlib.decompressobj(-(int(bits.group(1)) if bits else 15))
        return self.inflater.decompress(self.message + b"\0\0\xff\xff")

    def end(self):
        self.socket.close()
