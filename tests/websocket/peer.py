"""The server's end of a WebSocket for judging clients: it sends any bytes, and notes what comes, as client.Client does."""
import base64
import hashlib
import re
import socket
import struct

from client import Client

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def turned(extensions):
    """An answer to the client that asks of it what the offer would ask of a server."""
    swap = {"server": "client", "client": "server"}
    return re.sub(r"\b(server|client)_", lambda match: swap[match[1]] + "_", extensions)


class Peer(Client):
    """Takes the next connection of a listening socket. @param offer what a client would have offered to get such a socket;
    None: without compression"""

    def __init__(self, listening, offer=None, seconds=10):
        listening.settimeout(seconds)
        self.socket, _ = listening.accept()
        self.socket.settimeout(seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b""
        while b"\r\n\r\n" not in self.held:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("no whole request")
            self.held += more
        self.head, _, self.held = self.held.partition(b"\r\n\r\n")
        key = self.field("sec-websocket-key").encode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Accept: " + base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()]
        self.agreed = ""
        if offer and "permessage-deflate" in self.field("sec-websocket-extensions"):
            self.agreed = offer.split(",")[0].replace("; client_max_window_bits", "")
            lines.append("Sec-WebSocket-Extensions: " + turned(self.agreed))
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        self.inflater, self.message, self.compressed, self.opcode = None, b"", False, 0

    def field(self, name):
        found = re.search(rb"(?im)^" + name.encode() + rb":\s*(.*?)\r?$", self.head)
        return found.group(1).decode() if found else ""

    def receive(self):
        """As the client's; after its Close nothing more is sent, since it is the server that ends the connection first."""
        event = super().receive()
        if event[0] == "close":
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        return event

    def receive_frame(self):
        first, second = self.take(2)
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack("!H", self.take(2))
        elif length == 127:
            length, = struct.unpack("!Q", self.take(8))
        assert second & 0x80, "a client's frame is not masked"
        key, payload = self.take(4), self.take(length)
        whole = (key * (length // 4 + 1))[:length]
        return first, (int.from_bytes(payload, "big") ^ int.from_bytes(whole, "big")).to_bytes(length, "big")
