#!/usr/bin/env python3
"""bodies.py PROGRAM: requests with bodies to the service of bodies.flare, and what each must get.

Values come back as they were read; failures come with their pointers and rules. Texts of tests/http/json_texts.py are
sent to a typed route each, and are taken or not as Python's json judges (json_texts.h holds node's verdict too, and the
script that wrote it saw to it that both agree).
"""
import http.client
import json
import math
import os
import random
import re
import shutil
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "http"))
import json_texts

JSON = "application/json"
NDJSON = "application/x-ndjson"
failed = 0
sent = 0


def wrong(text):
    global failed
    failed += 1
    if failed <= 20:
        print(text)


class Service:
    def __init__(self, program):
        self.process = subprocess.Popen([program, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        while True:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("the program says no address")
            found = re.search(r"http://([0-9.]+):([0-9]+)", line)
            if found:
                break
        self.host, self.port = found[1], int(found[2])
        self.connection = http.client.HTTPConnection(self.host, self.port, timeout=20)

    def post(self, path, body, content_type=JSON):
        global sent
        sent += 1
        headers = {"Content-Type": content_type} if content_type is not None else {}
        try:
            self.connection.request("POST", path, body, headers)
            reply = self.connection.getresponse()
            content = reply.read()
        except (http.client.HTTPException, ConnectionError):
            self.connection.close()
            self.connection.request("POST", path, body, headers)
            reply = self.connection.getresponse()
            content = reply.read()
        return reply.status, content


def as_bytes(body):
    return body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()


def gets(service, path, body, expected, content_type=JSON):
    """`expected` is the value that comes back."""
    status, content = service.post(path, as_bytes(body), content_type)
    if status != 200:
        wrong(f"{path} {as_bytes(body)[:200]!r}: {status} {content!r}")
    elif json.loads(content) != expected:
        wrong(f"{path} {as_bytes(body)[:200]!r}: {content!r}, not {expected!r}")


def refuses(service, path, body, *errors):
    """`errors` as "/pointer rule"."""
    status, content = service.post(path, as_bytes(body), NDJSON if path.startswith("/ticks") else JSON)
    found = [f"{error['pointer']} {error['rule']}" for error in json.loads(content).get("errors", []) if error["in"] == "body"]
    if status != 422 or found != list(errors):
        wrong(f"{path} {as_bytes(body)[:200]!r}: {status} {found}, not {list(errors)}")


def answers(service, path, body, status, detail=None, content_type=JSON):
    got, content = service.post(path, as_bytes(body) if body is not None else None, content_type)
    if got != status or (detail is not None and json.loads(content).get("detail") != detail):
        wrong(f"{path} {body!r} as {content_type}: {got} {content!r}, not {status} {detail}")


SCALARS = {"yes": True, "i8": -128, "i16": 300, "i32": -2147483648, "i64": -9223372036854775808, "u8": 255, "u16": 65535,
           "u32": 4294967295, "u64": 18446744073709551615, "f32": 0.5, "f64": 1e9, "text": "\u00e9\U0001f600abc", "raw": "AQIDBA==",
           "id": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "day": "2024-02-29", "at": "2026-01-02T03:04:05.5Z",
           "mail": "a@b.example", "link": "https://a.example/x?y", "v4": "127.0.0.1", "v6": "::1", "color": "off-white",
           "sku": "ABC-1234", "slug": "abc"}
SCALAR_ROWS = [  # member, value, rule
    ("yes", 1, "type"), ("yes", "true", "type"), ("yes", None, "type"), ("i8", 128, "max"), ("i8", -129, "min"), ("i8", 1.0, "type"),
    ("i16", 301, "max"), ("i16", -301, "min"), ("i32", 2147483648, "max"), ("i64", 9223372036854775808, "max"),
    ("i64", -9223372036854775809, "min"), ("u8", -1, "min"), ("u8", 256, "max"), ("u32", 0, "min"), ("u32", "1", "type"),
    ("u64", 18446744073709551616, "max"), ("f64", 1e9 + 1, "max"), ("f64", -1.6, "min"), ("f32", 1e39, "max"), ("f64", [], "type"),
    ("text", "", "min_length"), ("text", "abcdef", "max_length"), ("text", "a\u0000", "utf8"), ("raw", "AQIDBAU=", "max_length"),
    ("raw", "AQID!A==", "type"), ("raw", "AQ", "type"), ("id", "f81d4fae", "type"), ("day", "2023-02-29", "type"),
    ("at", "2026-01-02T03:04:60Z", "type"), ("at", "2026-01-02T03:04:05", "type"), ("mail", "a", "type"), ("link", "ftp://a.example", "type"),
    ("link", "https://a.example/" + "x" * 30, "max_length"), ("v4", "1.2.3", "type"), ("v6", "g::", "type"), ("color", "blue", "enum"),
    ("color", 1, "type"), ("sku", "ABC-123", "pattern"), ("slug", "ab", "min_length"), ("slug", "ABC", "pattern"), ("slug", {}, "type")]


def check_scalars(service):
    gets(service, "/scalars", SCALARS, SCALARS)
    gets(service, "/scalars", dict(reversed(SCALARS.items())), SCALARS)
    gets(service, "/scalars", json.dumps(SCALARS, indent=2), SCALARS)
    gets(service, "/scalars", "".join(c if ord(c) < 32 or c in '{}[]":,\\' else c for c in json.dumps(SCALARS, ensure_ascii=False)), SCALARS)
    for member in SCALARS:
        escaped = json.dumps(SCALARS).replace(f'"{member}":', '"' + "".join(f"\\u{ord(c):04x}" for c in member) + '" :')
        gets(service, "/scalars", escaped, SCALARS)
        rest = {name: value for name, value in SCALARS.items() if name != member}
        refuses(service, "/scalars", rest, f"/{member} required")
        twice = json.dumps(SCALARS)[:-1] + f', "{member}": {json.dumps(SCALARS[member])}}}'
        refuses(service, "/scalars", twice, f"/{member} repeated")
    for member, value, rule in SCALAR_ROWS:
        refuses(service, "/scalars", {**SCALARS, member: value}, f"/{member} {rule}")
    gets(service, "/scalars", {"unknown": [SCALARS], **SCALARS, "other": {"yes": 1}}, SCALARS)
    odd = {**SCALARS, "at": "2026-01-02T05:04:05.500+02:00", "id": SCALARS["id"].upper()}
    gets(service, "/scalars", odd, SCALARS)


def check_objects(service):
    gets(service, "/defaults", {}, {"a": 7, "b": "b", "c": "off-white", "d": [1, 2]})
    gets(service, "/defaults", {"e": None, "f": None, "d": []}, {"a": 7, "b": "b", "c": "off-white", "d": []})
    gets(service, "/defaults", {"f": ["x"], "e": -0.5, "a": 0}, {"a": 0, "b": "b", "c": "off-white", "d": [1, 2], "e": -0.5, "f": ["x"]})
    refuses(service, "/defaults", {"a": None, "f": ["abc", "", "", 1]}, "/a type", "/f/0 max_length", "/f max_items")
    many = {f"m{i:02}": i for i in range(70)}
    gets(service, "/many", many, many)
    gets(service, "/many", dict(reversed(many.items())), many)
    needed = {name: i for name, i in many.items() if i % 7 not in (3, 5)}
    gets(service, "/many", needed, {name: i for name, i in many.items() if i % 7 != 3})
    refuses(service, "/many", {}, *[f"/{name} required" for name in needed][:32])
    refuses(service, "/many", {name: i for name, i in many.items() if i not in (0, 63, 64, 69)}, "/m00 required", "/m63 required",
            "/m64 required", "/m69 required")
    refuses(service, "/many", json.dumps(many)[:-1] + ',"m69":1,"m00":1}', "/m69 repeated", "/m00 repeated")
    alike = {f"a_long_name_that_begins_as_all_of_them_do_{i:03}_and_ends_alike": i for i in range(40)}
    gets(service, "/alike", alike, alike)
    gets(service, "/alike", dict(reversed(alike.items())), alike)
    gets(service, "/alike", {"a_long_name_that_begins_as_all_of_them_do_040_and_ends_alike": "x"}, {})
    odd = {"a/b~c": 1, 'say "hi"\n': 2, "gr\u00fcn \U0001f600": 3, "find": 4, "close": 5, "tag": 6}
    gets(service, "/odd", odd, odd)
    gets(service, "/odd", json.dumps(odd, ensure_ascii=False), odd)
    gets(service, "/odd", json.dumps(dict(reversed(odd.items()))), odd)
    refuses(service, "/odd", {name: 256 for name in odd}, "/a~1b~0c max", '/say "hi"\n max', "/gr\u00fcn \U0001f600 max", "/find max",
            "/close max", "/tag max")
    inner = {"x": 1, "y": -2}
    gets(service, "/outer", {"inner": inner, "grid": [[1], []]}, {"inner": inner, "grid": [[1], []]})
    gets(service, "/outer", {"list": [inner, inner], "inner": inner, "grid": [[]]}, {"inner": inner, "grid": [[]], "list": [inner, inner]})
    refuses(service, "/outer", {"inner": {"x": "1"}, "grid": [[1, 2, 3, 4], [300], 5], "list": [inner, {}]},
            "/inner/x type", "/inner/y required", "/grid/0 max_items", "/grid/1/0 max", "/grid max_items", "/list/1/x required",
            "/list/1/y required")
    refuses(service, "/outer", {"inner": [], "grid": {}, "list": 1}, "/inner type", "/grid type", "/list type")
    refuses(service, "/outer", {"inner": inner, "grid": []}, "/grid min_items")


def check_depth(service):
    for levels in (1, 31, 32):
        node = {"name": "a", "kids": []}
        for _ in range(levels - 1):
            node = {"name": "a", "kids": [node]}
        gets(service, "/node", node, node)
    answers(service, "/node", {"name": "a", "kids": [node]}, 400, "the body is nested too deeply")
    answers(service, "/node", '{"x":' + "[" * 64 + "]" * 64 + "}", 400, "the body is nested too deeply")
    refuses(service, "/node", '{"x":' + "[" * 63 + "]" * 63 + "}", "/name required", "/kids required")
    for levels in (63, 64, 65, 66, 76, 77, 1000, 100_000):
        text = '{"n":1,"next":' * (levels - 1) + '{"n":1}' + "}" * (levels - 1)
        if levels <= 64:
            gets(service, "/ring", text, json.loads(text))
            refuses(service, "/ring", text.replace('{"n":1}', "{}"), "/next" * (levels - 1) + "/n required")
        else:
            answers(service, "/ring", text, 400, "the body is nested too deeply")
            answers(service, "/ring", text[:-levels], 400, "the body is nested too deeply")
    # What a handler gives is looked at, too: a 500 and a log line, not a stack that grows.
    for levels, status in ((1, 200), (63, 200), (64, 200), (65, 500), (1000, 500)):
        answers(service, f"/deep/{levels}", None, status)
    answers(service, "/cycle", None, 500)
    answers(service, "/tree", None, 500)
    answers(service, "/deep/64", None, 200)
    refuses(service, "/node", {"name": "a", "kids": [{"name": "b", "kids": [{}]}]}, "/kids/0/kids/0/name required", "/kids/0/kids/0/kids required")


def check_others(service):
    gets(service, "/number", " 1.5e3\n", 1500.0)
    gets(service, "/word", '"a\\u00e9b"', "a\u00e9b")
    refuses(service, "/word", '"abcd"', " max_length")
    refuses(service, "/word", "null", " type")
    gets(service, "/color", '"2 fa"', "2 fa")
    refuses(service, "/color", '"2fa"', " enum")
    gets(service, "/skus", ["ABC-1234"], ["ABC-1234"])
    refuses(service, "/skus", ["ABC-1234", "x"], "/1 pattern")
    refuses(service, "/skus", [], " min_items")
    refuses(service, "/skus", {}, " type")
    gets(service, "/small", "[1,2,3,4,5,6,7 ]", [1, 2, 3, 4, 5, 6, 7])
    answers(service, "/small", "[1,2,3,4,5,6,7  ]", 413)
    answers(service, "/small", "", 400, "the body is not JSON")
    answers(service, "/small", None, 400, "a body is required", None)
    answers(service, "/small", "[]", 415, None, None)
    answers(service, "/small", "[]", 415, None, "text/json")
    answers(service, "/small", "[]", 415, None, "application/jsonx")
    for fine in ("application/json; charset=utf-8", "Application/JSON", "application/vnd.a+json", "image/x+JSON;a=b"):
        gets(service, "/small", "[ ]", [], fine)
    answers(service, "/small", "[]", 415, None, "+json")
    gets(service, "/own", "[1]", [1], "application/x-own")
    answers(service, "/own", "[1]", 415, None, JSON)
    # What is wrong with the head comes first.
    status, content = service.post("/head/300?q=x", b'{"x":', JSON)
    if status != 400 or [error["in"] for error in json.loads(content)["errors"]] != ["path", "query"]:
        wrong(f"/head: {status} {content!r}")
    refuses(service, "/head/3?q=1", {"x": 1}, "/y required")
    # Large ones come in pieces, and take memory in proportion.
    numbers = [i % 10 for i in range(500_000)]
    gets(service, "/numbers", json.dumps(numbers, separators=(",", ":")), numbers)
    answers(service, "/numbers", json.dumps([0.5] * 1_000_000), 413)


def check_lines(service):
    tick = '{"at":"2026-01-01T00:00:00Z","price":%s}'
    gets(service, "/ticks", "", {"count": 0, "sum": 0}, NDJSON)
    gets(service, "/ticks", tick % 1, {"count": 1, "sum": 1}, NDJSON)
    gets(service, "/ticks", "\n \t\r\n" + tick % 1 + "\r\n" + tick % 2.5 + "\n\n", {"count": 2, "sum": 3.5}, NDJSON)
    gets(service, "/ticks", tick % 1 + " \n " + tick % 2, {"count": 2, "sum": 3}, "application/jsonl")
    gets(service, "/ticks/2026-01-01T00:00:00Z", tick % 1 + "\n" + tick % 2, {"count": 2, "sum": 3}, NDJSON)
    gets(service, "/ticks/2027-01-01T00:00:00Z", tick % 1 + "\n" + tick % 2, {"count": 0, "sum": 0}, NDJSON)
    refuses(service, "/ticks", tick % 1 + "\n{}\n" + tick % '"x"', "/1/at required", "/1/price required", "/2/price type")
    answers(service, "/ticks", tick % 1 + "\n\n{", 400, "line 3 of the body is not JSON", NDJSON)
    answers(service, "/ticks", tick % 1 + tick % 2, 400, "line 1 of the body is not JSON", NDJSON)
    answers(service, "/ticks", "[" * 65 + "]" * 65, 400, "line 1 of the body is nested too deeply", NDJSON)
    refuses(service, "/ticks", "\n".join(["{}"] * 40), *[f"/{i}/{name} required" for i in range(16) for name in ("at", "price")])
    answers(service, "/ticks", tick % 1, 415, None, JSON)


def check_text(service):
    for text in ("", "h\u00e9 \U0001f600", "\ufeffx", "a\nb\tc"):
        status, content = service.post("/text", text.encode(), "text/plain")
        if status != 200 or content.decode() != text:
            wrong(f"/text {text!r}: {status} {content!r}")
    for fine in ("text/plain;charset=utf-8", 'text/plain; format=flowed; charset="UTF-8"', "text/plain; charset=us-ascii"):
        answers(service, "/text", "a", 200, None, fine)
    answers(service, "/text", "a", 415, "the charset is not one that is taken here", "text/plain; charset=iso-8859-1")
    answers(service, "/text", b"\xff", 400, "the body is not text in UTF-8", "text/plain")
    answers(service, "/text", "a\x00", 400, "the body is not text in UTF-8", "text/plain")
    answers(service, "/text", "a", 415, None, "text/html")
    answers(service, "/text", "a" * 101, 413, None, "text/plain")


CAT, DOG = {"lives": 3}, {"barks": True}


def check_types(service):
    gets(service, "/strict", {"a": 1}, {"a": 1})
    refuses(service, "/strict", {"c": [], "a": 1, "d": 2}, " unknown", " unknown")
    for kind, arm in (("cat", CAT), ("dog", DOG), ("big-cat", CAT), ("pack", {"members": []})):
        for text in ({"kind": kind, **arm}, {**arm, "kind": kind}):
            gets(service, "/pet", text, {"kind": kind, **arm})
        gets(service, "/pet", json.dumps({"kind": kind, **arm}).replace("kind", "k\\u0069nd").replace(f'"{kind}"', f'"\\u{ord(kind[0]):04x}{kind[1:]}"'),
             {"kind": kind, **arm})
        gets(service, "/pet", json.dumps({**arm, "kind": kind}, indent=3), {"kind": kind, **arm})
    pack = {"kind": "pack", "leader": {"kind": "dog", **DOG}, "members": [{"kind": "cat", **CAT}, {"kind": "pack", "members": []}]}
    gets(service, "/pet", pack, pack)
    gets(service, "/pet", json.dumps(pack, indent=2), pack)
    moved = {"members": [{"lives": 3, "kind": "cat"}, {"members": [], "kind": "pack"}], "leader": {"barks": True, "kind": "dog"}, "kind": "pack"}
    gets(service, "/pet", json.dumps(moved, indent="\t"), pack)
    gets(service, "/pet", {"kind": "cat", **CAT, "more": pack}, {"kind": "cat", **CAT})
    refuses(service, "/pet", {}, "/kind tag")
    refuses(service, "/pet", [], " type")
    refuses(service, "/pet", CAT, "/kind tag")
    for tag in ("cow", "Cat", "", None, 1, ["cat"], "x" * 300):
        refuses(service, "/pet", {"kind": tag, **CAT}, "/kind tag")
    refuses(service, "/pet", '{"kind":"cat","lives":3,"kind":"cat"}', "/kind tag")
    refuses(service, "/pet", '{"kind":"dog","barks":true,"kind":"cat"}', "/kind tag")
    refuses(service, "/pet", {"kind": "dog", "lives": 3}, " unknown", "/barks required")
    refuses(service, "/pet", {"kind": "cat", "lives": 10, "name": 1}, "/lives max", "/name type")
    refuses(service, "/pet", {"kind": "pack", "members": [{"kind": "cow"}, {"kind": "cat"}, 7]}, "/members/0/kind tag", "/members/1/lives required",
            "/members/2 type")
    answers(service, "/pet", '{"lives":3', 400, "the body is not JSON")
    answers(service, "/pet", '{"kind":"cat","lives":3,}', 400, "the body is not JSON")
    answers(service, "/pet", '{"lives":3,"kind":"cat"', 400, "the body is not JSON")
    answers(service, "/pet", '{"x":' + "[" * 64 + "]" * 64 + ',"kind":"cat"}', 400, "the body is nested too deeply")
    refuses(service, "/pet", '{"x":' + "[" * 63 + "]" * 63 + "}", "/kind tag")
    gets(service, "/pets", [{"kind": "cat", **CAT}] * 2, [{"kind": "cat", **CAT}] * 2)
    refuses(service, "/pets", [{"kind": "cat", **CAT}] * 3, " max_items")

    gets(service, "/patch", {}, {})
    gets(service, "/patch", {"a": 1, "b": None, "c": [1], "d": None, "e": "red"}, {"a": 1, "b": None, "c": [1], "d": None, "e": "red"})
    gets(service, "/patch", {"b": "x", "d": CAT, "c": []}, {"b": "x", "c": [], "d": CAT})
    refuses(service, "/patch", {"a": None, "b": "long", "c": [1, 2, 3], "d": {}, "e": "blue"}, "/a type", "/b max_length", "/c max_items",
            "/d/lives required", "/e enum")

    gets(service, "/maps", {"counts": {"a": 1}}, {"counts": {"a": 1}})
    gets(service, "/maps", {"counts": {"": 1, "b\u00e9\n": 2}, "pets": {"tom": {"kind": "cat", **CAT}}, "deep": {"x": {}, "y": {"z": ["red"]}}},
         {"counts": {"": 1, "b\u00e9\n": 2}, "pets": {"tom": {"kind": "cat", **CAT}}, "deep": {"x": {}, "y": {"z": ["red"]}}})
    refuses(service, "/maps", {"counts": {}}, "/counts min_items")
    refuses(service, "/maps", {"counts": {c: 1 for c in "abcd"}}, "/counts max_items")
    refuses(service, "/maps", {"counts": {"secret": 300, "x": "y"}, "pets": {"secret": {"kind": "cow"}}, "deep": {"s": {"t": ["blue"]}}},
            "/counts max", "/counts type", "/pets tag", "/deep enum")
    refuses(service, "/maps", '{"counts":{"a":1,"b":2,"\\u0061":3}}', "/counts repeated")
    refuses(service, "/maps", '{"counts":{"a\\u0000":1}}', "/counts utf8")
    refuses(service, "/maps", {"counts": []}, "/counts type")
    answers(service, "/maps", '{"counts":{"a":1,}}', 400)
    answers(service, "/maps", '{"counts":{1:1}}', 400)
    answers(service, "/maps", '{"counts":{"a" 1}}', 400)
    many = {f"k{i}": i % 256 for i in range(50_000)}
    gets(service, "/map", many, many)
    refuses(service, "/map", json.dumps(many)[:-1] + ',"k777":1}', " repeated")
    refuses(service, "/map", "{" + '"a":1,' * 100_000 + '"a":1}', " max_items")

    chain = {"n": 0}
    for i in range(63):
        chain = {"n": i, "next": chain}
    gets(service, "/chain", chain, chain)
    answers(service, "/chain", {"n": 1, "next": chain}, 400, "the body is nested too deeply")
    gets(service, "/chain", {"n": 1, "next": None}, {"n": 1})
    refuses(service, "/chain", {"n": 1, "next": {"n": 2, "next": {"m": 3}}}, "/next/next unknown", "/next/next/n required")

    sets = {"numbers": [3, -1, 2], "words": ["a", "b", "\u00e9"], "colors": ["red", "off-white"], "reals": [0.5, 1.5], "flags": [True, False],
            "ids": [SCALARS["id"], "00000000-0000-0000-0000-000000000000"]}
    gets(service, "/sets", sets, sets)
    for member, value in (("numbers", [1, 2, 1]), ("words", ["a", "", "a"]), ("colors", ["red", "red"]), ("reals", [0.5, 5e-1]), ("reals", [0.0, -0.0]),
                          ("reals", [-0.0] + [i / 8 for i in range(1, 40)] + [0.0]),
                          ("ids", [SCALARS["id"], SCALARS["id"].upper()]), ("flags", [True, False, True]), ("numbers", list(range(1000)) + [500]),
                          ("words", [f"w{i}" for i in range(19)] + ["w7"])):
        refuses(service, "/sets", {**sets, member: value}, f"/{member} unique")
    refuses(service, "/sets", {"numbers": [1, 1], "words": ["a", "a"]}, "/numbers unique", "/words unique")
    refuses(service, "/sets", {"numbers": [1, "1", 1]}, "/numbers/1 type")
    words = [f"w{i}" for i in range(100_000)]
    gets(service, "/unique", words, words)
    refuses(service, "/unique", words + ["w4321"], " unique")

    special = {"any": {"a": [1, None, "\u00e9"]}, "list": [1, "x"], "signed": "-5", "wide": "18446744073709551615", "mood": "bad",
               "link": "ws://a.example", "even": 4, "lower": "abc", "parts": [2, 4], "token": "t", "warm": "red"}
    gets(service, "/special", special, special)
    gets(service, "/special", {"any": None, "maybe": None}, {"any": None})
    refuses(service, "/special", {"any": 1, "signed": "6", "wide": 5, "link": "http://a.example", "even": 3, "lower": "aB", "parts": [2, 3],
                                  "token": "", "warm": "off-white"},
            "/signed max", "/wide type", "/link scheme", "/even check", "/lower check", "/parts/1 check", "/token min_length", "/warm check")
    refuses(service, "/special", {"any": 1, "signed": "05", "wide": "-1", "even": 300, "lower": "abcdef", "warm": "blue"},
            "/signed type", "/wide min", "/even max", "/lower max_length", "/warm enum")
    answers(service, "/special", {"any": 1, "mood": "new"}, 500)  # it may be read, not written
    answers(service, "/special", '{"any":' + "[" * 63 + "]" * 63 + "}", 200)
    answers(service, "/special", '{"any":' + "[" * 64 + "]" * 64 + "}", 400, "the body is nested too deeply")


def check_texts(service):
    """JSON or not: a 400 tells one from the other. Judged here and now by Python's json, and by node where there is one."""
    texts = list(dict.fromkeys(json_texts.all_texts()))
    judged = [json_texts.python_accepts(text) for text in texts]
    judges = ["python"]
    if shutil.which("node"):
        judges.append("node")
        for text, verdict, other in zip(texts, judged, json_texts.node_accepts(texts)):
            if verdict != other:
                wrong(f"{text!r}: python says {verdict}, node {other}")
    print(f"{len(texts)} texts, {sum(judged)} of them JSON by {' and '.join(judges)}, each to the raw route and six typed ones")
    for text in texts:
        status, content = service.post("/raw", text)
        if json_texts.python_accepts(text) != (status == 200) or (status == 200 and content != text.strip(b" \t\r\n")):
            wrong(f"/raw {text!r}: {status} {content!r}")
        for path in ("/outer", "/numbers", "/word", "/pet", "/map", "/special"):
            status, content = service.post(path, text)
            if (status == 400) == json_texts.python_accepts(text) or status not in (200, 400, 422):
                wrong(f"{path} {text!r}: {status} {content!r}")


def check_doubles(service):
    """What is written of a number is the nearest, and reads as the same again."""
    source = random.Random(7)
    values = [struct.unpack("<d", struct.pack("<Q", source.getrandbits(64)))[0] for _ in range(4000)]
    values = [value for value in values if math.isfinite(value)]
    values += [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1, 1 / 3, 9007199254740993.0, -0.0]
    status, content = service.post("/numbers", json.dumps(values).encode())
    if status != 200 or [struct.pack("<d", value) for value in json.loads(content, parse_int=float)] != [struct.pack("<d", value) for value in values]:
        wrong(f"doubles: {status} {content[:200]!r}")
    texts = [f"{source.randrange(10**17)}.{source.randrange(10**20)}e{source.randrange(-340, 290)}" for _ in range(2000)]
    status, content = service.post("/numbers", ("[" + ",".join(texts) + "]").encode())
    if status != 200 or list(map(float, json.loads(content))) != list(map(float, texts)):
        wrong(f"long numbers: {status} {content[:200]!r}")


def main():
    service = Service(sys.argv[1])
    try:
        for check in (check_scalars, check_objects, check_types, check_depth, check_others, check_lines, check_text, check_texts, check_doubles):
            check(service)
    finally:
        service.process.terminate()
        code = service.process.wait(10)
    if code != 0:
        wrong(f"the service ended with {code}")
    print(f"{sent} requests, {failed} wrong")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
