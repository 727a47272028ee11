"""The 517 cases that WebSocket implementations are judged by, under the ids of the Autobahn test suite, each written anew from
RFC 6455 and RFC 7692: what is sent, and which events must come back from a server that echoes.

A case is sent as it stands, in pieces of `chop` bytes; then the client says Close 1000 unless `closes` says that the case ends
the socket by itself. `wanted` are all events up to the end of the connection.
"""
import dataclasses
import random
import struct

from client import BINARY, CLOSE, PING, PONG, TEXT, close, frame

K = 1024
NORMAL = [("close", 1000), ("end",)]
BROKEN = [("close", 1002), ("end",)]
NOT_UTF8 = [("close", 1007), ("end",)]
NAMES = {TEXT: "text", BINARY: "binary"}


@dataclasses.dataclass
class Case:
    id: str
    sent: bytes
    wanted: list
    kind: int = TEXT
    chop: int = None
    closes: bool = False
    heavy: bool = False


@dataclasses.dataclass
class Compressed:
    """Messages that go to and fro, compressed, in frames of `fragment` bytes."""
    id: str
    payload: int      # which kind of text
    size: int
    fragment: int
    offer: str = "permessage-deflate; client_max_window_bits"
    heavy: bool = False


def echo(payload, kind=TEXT):
    return (NAMES[kind], payload)


def fragments(opcode, payload, size):
    pieces = [payload[at:at + size] for at in range(0, len(payload), size)] or [b""]
    return b"".join(frame(opcode if i == 0 else 0, piece, i == len(pieces) - 1) for i, piece in enumerate(pieces))


def framing():
    for group, opcode, byte in ((1, TEXT, b"*"), (2, BINARY, b"\xfe")):
        for i, size in enumerate((0, 125, 126, 127, 128, 65535, 65536, 65536)):
            payload = byte * size
            yield Case(f"1.{group}.{i + 1}", frame(opcode, payload), [echo(payload, opcode)] + NORMAL, opcode,
                       997 if i == 7 else None)


def pings():
    hello, odd, full = b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125
    for i, payload in enumerate((b"", hello, odd, full)):
        yield Case(f"2.{i + 1}", frame(PING, payload), [("pong", payload)] + NORMAL)
    yield Case("2.5", frame(PING, b"\xfe" * 126), BROKEN, closes=True)
    yield Case("2.6", frame(PING, full), [("pong", full)] + NORMAL, chop=1)
    yield Case("2.7", frame(PONG), NORMAL)
    yield Case("2.8", frame(PONG, b"unsolicited"), NORMAL)
    yield Case("2.9", frame(PONG, b"unsolicited") + frame(PING, b"asked"), [("pong", b"asked")] + NORMAL)
    many = [b"payload-%d" % i for i in range(10)]
    for i, chop in ((10, None), (11, 1)):
        yield Case(f"2.{i}", b"".join(frame(PING, one) for one in many), [("pong", one) for one in many] + NORMAL, chop=chop)


def reserved():
    hello = b"Hello, world!"
    first, ping = frame(TEXT, hello), frame(PING)
    yield Case("3.1", frame(TEXT, hello, rsv=1), BROKEN, closes=True)
    for i, chop in ((2, None), (3, 19), (4, 1)):
        yield Case(f"3.{i}", first + frame(TEXT, hello, rsv=i) + ping, [echo(hello)] + BROKEN, chop=chop, closes=True)
    yield Case("3.5", frame(BINARY, b"\x00\xff\xfe", rsv=5), BROKEN, BINARY, closes=True)
    yield Case("3.6", frame(PING, hello, rsv=6), BROKEN, closes=True)
    yield Case("3.7", frame(CLOSE, rsv=7), BROKEN, closes=True)
    for group, base in ((1, 3), (2, 11)):
        yield Case(f"4.{group}.1", frame(base), BROKEN, closes=True)
        yield Case(f"4.{group}.2", frame(base + 1, b"reserved opcode"), BROKEN, closes=True)
        yield Case(f"4.{group}.3", first + frame(base + 2) + ping, [echo(hello)] + BROKEN, closes=True)
        yield Case(f"4.{group}.4", first + frame(base + 3, hello) + ping, [echo(hello)] + BROKEN, closes=True)
        yield Case(f"4.{group}.5", first + frame(base + 4, hello) + ping, [echo(hello)] + BROKEN, chop=1, closes=True)


def fragmentation():
    one, two, ping = b"fragment1", b"fragment2", frame(PING, b"ping payload")
    both, pong = [echo(one + two)], ("pong", b"ping payload")
    yield Case("5.1", frame(PING, one, False) + frame(0, two), BROKEN, closes=True)
    yield Case("5.2", frame(PONG, one, False) + frame(0, two), BROKEN, closes=True)
    for i, chop in ((3, None), (4, 15), (5, 1)):
        yield Case(f"5.{i}", frame(TEXT, one, False) + frame(0, two), both + NORMAL, chop=chop)
    for i, chop in ((6, None), (7, 15), (8, 1)):
        yield Case(f"5.{i}", frame(TEXT, one, False) + ping + frame(0, two), [pong] + both + NORMAL, chop=chop)
    for base, fin in ((9, True), (12, False)):
        for i, chop in enumerate((None, 37, 1)):
            yield Case(f"5.{base + i}", frame(0, b"non-continuation payload", fin) + frame(TEXT, b"Hello"), BROKEN,
                       chop=chop, closes=True)
    yield Case("5.15", frame(TEXT, one, False) + frame(0, two) + frame(0, b"fragment3", False) + frame(TEXT, b"fragment4"),
               both + BROKEN, closes=True)
    for i, fin in ((16, False), (17, True)):
        yield Case(f"5.{i}", (frame(0, one, fin) + frame(TEXT, two, False) + frame(0, b"fragment3")) * 2, BROKEN, closes=True)
    yield Case("5.18", frame(TEXT, one, False) + frame(TEXT, two), BROKEN, closes=True)
    parts = [b"fragment%d" % i for i in range(1, 6)]
    sent = (frame(TEXT, parts[0], False) + frame(0, parts[1], False) + frame(PING, b"pongme 1!") + frame(0, parts[2], False)
            + frame(0, parts[3], False) + frame(PING, b"pongme 2!") + frame(0, parts[4]))
    wanted = [("pong", b"pongme 1!"), ("pong", b"pongme 2!"), echo(b"".join(parts))]
    yield Case("5.19", sent, wanted + NORMAL, chop=40)
    yield Case("5.20", sent, wanted + NORMAL)


def sequences():
    """Texts in the groups 6.5 to 6.23, after Markus Kuhn's stress test."""
    kosme = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
    tails = bytes(range(0x80, 0xc0))
    short = [b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80",
             b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf"]
    spaced = lambda low, high: b"".join(bytes((byte, 0x20)) for byte in range(low, high))
    surrogates = [b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf"]
    lower = [b"\xed\xb0\x80", b"\xed\xbf\xbf"]
    return {
        5: [b"hello$world", b"hello\xc2\xa2world", b"hello\xe2\x82\xacworld", b"hello\xf0\xa4\xad\xa2world", kosme],
        6: [kosme[:i] for i in range(1, 12)],
        7: [b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"],
        8: [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"],
        9: [b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"],
        10: [b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"],
        11: [b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80"],
        12: [b"\x80", b"\xbf"] + [(b"\x80\xbf" * 4)[:i] for i in range(2, 7)] + [tails],
        13: [spaced(0xc0, 0xe0), spaced(0xe0, 0xf0), spaced(0xf0, 0xf8), spaced(0xf8, 0xfc), spaced(0xfc, 0xfe)],
        14: short,
        15: [b"".join(short)],
        16: [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"],
        17: [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf"],
        18: [b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf"],
        19: [b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"],
        20: surrogates + [b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf"],
        21: [high + low for high in surrogates for low in lower],
        22: [chr(plane << 16 | end).encode() for plane in range(17) for end in (0xfffe, 0xffff)],
        23: [chr(code).encode() for code in range(0xfff9, 0x10000)],
    }


def is_utf8(payload):
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def text_case(id_, payload, sent=None, chop=None):
    good = is_utf8(payload)
    return Case(id_, frame(TEXT, payload) if sent is None else sent, [echo(payload)] + NORMAL if good else NOT_UTF8, chop=chop,
                closes=not good)


def utf8():
    word = "Hello-µ@ßöäüàá-UTF-8!!".encode()
    kosme = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
    wrong = kosme + b"\xed\xa0\x80edited"
    above = kosme + b"\xf4\x90\x80\x80" + b"edited"
    yield text_case("6.1.1", b"")
    yield text_case("6.1.2", b"", frame(TEXT, b"", False) + frame(0, b"", False) + frame(0))
    yield text_case("6.1.3", b"middle frame payload",
                    frame(TEXT, b"", False) + frame(0, b"middle frame payload", False) + frame(0))
    yield text_case("6.2.1", word)
    yield text_case("6.2.2", word, frame(TEXT, word[:12], False) + frame(0, word[12:]))
    yield text_case("6.2.3", word, fragments(TEXT, word, 1))
    yield text_case("6.2.4", kosme, fragments(TEXT, kosme, 1))
    yield text_case("6.3.1", wrong)
    yield text_case("6.3.2", wrong, fragments(TEXT, wrong, 1))
    # 6.4: known to be wrong before the message, or even the frame, is whole; what would follow is never sent.
    yield text_case("6.4.1", above, frame(TEXT, kosme, False) + frame(0, b"\xf4\x90\x80\x80", False))
    yield text_case("6.4.2", above, frame(TEXT, kosme + b"\xf4", False) + frame(0, b"\x90", False))
    whole = frame(TEXT, above)
    head = len(whole) - len(above)
    yield text_case("6.4.3", above, whole[:head + len(kosme) + 4])
    yield text_case("6.4.4", above, whole[:head + len(kosme) + 2])
    for group, texts in sequences().items():
        for i, payload in enumerate(texts):
            yield text_case(f"6.{group}.{i + 1}", payload)


def closing():
    hello = b"Hello World!"
    yield Case("7.1.1", frame(TEXT, hello), [echo(hello)] + NORMAL)
    yield Case("7.1.2", close(1000) * 2, NORMAL, closes=True)
    yield Case("7.1.3", close(1000) + frame(PING), NORMAL, closes=True)
    yield Case("7.1.4", close(1000) + frame(TEXT, hello), NORMAL, closes=True)
    yield Case("7.1.5", frame(TEXT, hello, False) + close(1000) + frame(0, b"more"), NORMAL, closes=True)
    big = b"BAsd7&jh23" * 26214
    yield Case("7.1.6", frame(TEXT, big) + close(1000) + frame(PING), [echo(big)] + NORMAL, closes=True)
    yield Case("7.3.1", close(), [("close", None), ("end",)], closes=True)
    yield Case("7.3.2", frame(CLOSE, b"a"), BROKEN, closes=True)
    yield Case("7.3.3", close(1000), NORMAL, closes=True)
    yield Case("7.3.4", close(1000, hello), NORMAL, closes=True)
    yield Case("7.3.5", close(1000, b"*" * 123), NORMAL, closes=True)
    yield Case("7.3.6", close(1000, b"*" * 124), BROKEN, closes=True)
    yield Case("7.5.1", close(1000, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"), NOT_UTF8, closes=True)
    for i, code in enumerate((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)):
        yield Case(f"7.7.{i + 1}", close(code), [("close", code), ("end",)], closes=True)
    for i, code in enumerate((0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)):
        yield Case(f"7.9.{i + 1}", close(code), BROKEN, closes=True)
    for i, code in enumerate((5000, 65535)):
        yield Case(f"7.13.{i + 1}", close(code), BROKEN, closes=True)


def large():
    for group, opcode, byte in ((1, TEXT, b"*"), (2, BINARY, b"\xfe")):
        for i, size in enumerate((64 * K, 256 * K, K * K, 4 * K * K, 8 * K * K, 16 * K * K)):
            payload = byte * size
            yield Case(f"9.{group}.{i + 1}", frame(opcode, payload), [echo(payload, opcode)] + NORMAL, opcode, heavy=i > 2)
    for group, opcode, byte in ((3, TEXT, b"*"), (4, BINARY, b"\xfe")):
        payload = byte * (4 * K * K)
        for i in range(9):
            yield Case(f"9.{group}.{i + 1}", fragments(opcode, payload, 64 * 4 ** i), [echo(payload, opcode)] + NORMAL, opcode,
                       heavy=True)
    for group, opcode, byte in ((5, TEXT, b"*"), (6, BINARY, b"\xfe")):
        payload = byte * (K * K)
        for i in range(6):
            yield Case(f"9.{group}.{i + 1}", frame(opcode, payload), [echo(payload, opcode)] + NORMAL, opcode, 64 << i, heavy=True)
    for group, opcode, byte in ((7, TEXT, b"*"), (8, BINARY, b"\xfe")):
        for i, size in enumerate((0, 16, 64, 256, 1024, 4096)):
            payload = byte * size
            yield Case(f"9.{group}.{i + 1}", frame(opcode, payload) * 1000, [echo(payload, opcode)] * 1000 + NORMAL, opcode,
                       heavy=i > 3)
    payload = b"*" * 65536
    yield Case("10.1.1", fragments(TEXT, payload, 1300), [echo(payload)] + NORMAL)


def compressed():
    sizes = [(16 * 4 ** i, 0) for i in range(5)] + [(8192 << i, 0) for i in range(5)] + \
            [(8192 << i, 256) for i in range(5)] + [(131072, size) for size in (1024, 4096, 32768)]
    offers = ("permessage-deflate",
              "permessage-deflate; server_no_context_takeover",
              "permessage-deflate; server_max_window_bits=9",
              "permessage-deflate; server_max_window_bits=15",
              "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
              "permessage-deflate; server_no_context_takeover; server_max_window_bits=15",
              "permessage-deflate; server_no_context_takeover; server_max_window_bits=9, "
              "permessage-deflate; server_no_context_takeover, permessage-deflate")
    for payload in range(5):
        for i, (size, fragment) in enumerate(sizes):
            yield Compressed(f"12.{payload + 1}.{i + 1}", payload, size, fragment, heavy=size > 16384)
    for offer, text in enumerate(offers):
        for i, (size, fragment) in enumerate(sizes):
            yield Compressed(f"13.{offer + 1}.{i + 1}", 0, size, fragment, text, heavy=size > 16384)


def payload_of(kind, size, number):
    """Texts that compress differently: words, JSON, one letter, random hex, and Greek."""
    draw = random.Random(kind * 1000003 + size * 101 + number)
    if kind == 0:
        words = ("lorem ipsum dolor sit amet consetetur sadipscing elitr sed diam nonumy eirmod").split()
        text = " ".join(draw.choice(words) for _ in range(size // 3 + 2))
    elif kind == 1:
        text = "".join('{"id":%d,"name":"item %d","on":true},' % (draw.randrange(99999), i) for i in range(size // 25 + 2))
    elif kind == 2:
        text = "a" * size
    elif kind == 3:
        text = "%0*x" % (size, draw.getrandbits(4 * size))
    else:
        text = "αβγδεζηθ" * (size // 8 + 1)
    return text.encode()[:size].decode(errors="ignore").encode()


def all_cases():
    for make in (framing, pings, reserved, fragmentation, utf8, closing, large, compressed):
        yield from make()


# Of the heavy cases, those that are run often: each kind of them, at its largest or nearly.
HEAVY_SUBSET = {"9.1.4", "9.2.6", "9.3.1", "9.3.9", "9.4.5", "9.5.1", "9.6.6", "9.7.5", "9.8.6", "12.1.10", "12.2.15", "12.3.18",
                "12.4.8", "12.5.15", "13.1.10", "13.2.15", "13.3.15", "13.4.18", "13.5.10", "13.6.17", "13.7.8"}

# What the oracles do in another way, and why that is no mistake in the table.
KNOWN_DIFFERENCES = {
    # Text is looked at when the message is whole, which the RFC allows; the table wants it as soon as it can be known.
    "ws": {"6.4.1", "6.4.2", "6.4.3", "6.4.4"},
    # The same of a frame. Echoes that are owed are dropped when the peer breaks the protocol, or closes.
    "websockets": {"6.4.3", "6.4.4", "3.2", "3.3", "3.4", "4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "5.15", "7.1.6"},
}
