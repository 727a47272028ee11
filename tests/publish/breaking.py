#!/usr/bin/env python3
"""`flarec breaking` over changes x places: each row is a change, and what it is for what comes in and what goes out.

usage: breaking.py FLAREC
"""
import json
import pathlib
import subprocess
import sys
import tempfile

B, C, N = "breaking", "compatible", "nothing"

# Declarations that rows name by their letter: the old spec's, and the new one's.
SHARED = "enum Red { red; green; } type Card { last4: string; } type Iban { iban: string; }\n"

# Type before, type after, as an input, as a reply.
TYPES = [
    ("u32(1..100)", "u32(1..200)", C, B),
    ("u32(1..100)", "u32(2..100)", B, C),
    ("u32", "u64", C, B),
    ("i32", "u32", B, B),
    ("i32", "f64", C, B),
    ("f64", "i32", B, C),
    ("f64(0.5..1.5)", "f64(0.5..1.0)", B, C),
    ("string(1..80)", "string(1..40)", B, C),
    ("string(1..80)", "string(..80)", C, B),
    ("string", "string(/[a-z]+/)", B, C),
    ("string(/[a-z]+/)", "string(/[a-z0-9]+/)", B, B),
    ("uuid", "string", C, B),
    ("string", "uuid", B, C),
    ("date", "datetime", B, B),
    ("url(http, https)", "url(https)", B, C),
    ("Red", "string", C, B),
    ("bool", "string", B, B),
    ("u32", "u32", C, C),
    ("[u8](..5)", "[u8](..3)", B, C),
    ("[u8](2..)", "[u8](1..)", C, B),
    ("[u8]", "[u8(..9)]", B, C),
    ("[u8]", "[u8](unique)", B, C),
    ("[u8]", "u8", B, B),
]
# The same, of what only JSON holds.
JSON_TYPES = [
    ("i64", "i64(text)", B, B),
    ("map[u8](..4)", "map[u8](..3)", B, C),
    ("map[u8]", "map[u16]", C, B),
    ("u8", "json", C, B),
    ("json", "u8", B, C),
    ("string(check: one)", "string(check: two)", B, B),
]
# Declarations before and after, of a type T.
DECLARATIONS = [
    ("a required member comes", "type T { a: u8; }", "type T { a: u8; b: u8; }", B, C),
    ("an optional member comes", "type T { a: u8; }", "type T { a: u8; b: u8?; }", C, C),
    ("a member with a default comes", "type T { a: u8; }", "type T { a: u8; b: u8 = 1; }", C, C),
    ("a member goes", "type T { a: u8; b: u8; }", "type T { a: u8; }", C, B),
    ("an optional member goes", "type T { a: u8; b: u8?; }", "type T { a: u8; }", C, B),
    ("a member goes of a strict type", "type T(strict) { a: u8; b: u8; }", "type T(strict) { a: u8; }", B, B),
    ("a type becomes strict", "type T { a: u8; }", "type T(strict) { a: u8; }", B, C),
    ("a type becomes lax", "type T(strict) { a: u8; }", "type T { a: u8; }", C, C),
    ("a member becomes optional", "type T { a: u8; }", "type T { a: u8?; }", C, B),
    ("a member becomes required", "type T { a: u8?; }", "type T { a: u8; }", B, C),
    ("a member is renamed", "type T { a: u8; }", "type T { z: u8; }", B, B),
    ("a member gets another C name", "type T { a: u8; }", "type T { a as z: u8; }", C, C),
    ("members change places", "type T { a: u8; b: u8; }", "type T { b: u8; a: u8; }", C, C),
    ("deep in a list", "type T { a: [U]; } type U { x: u8(..9); }", "type T { a: [U]; } type U { x: u8(..8); }", B, C),
    ("a type that holds itself", "type T { a: u8; t: T?; }", "type T { a: u16; t: T?; }", C, B),
    ("an enum grows", "enum T { a; b; }", "enum T { a; b; c; }", C, B),
    ("an enum shrinks", "enum T { a; b; }", "enum T { a; }", B, C),
    ("an enum opens", "enum T { a; b; }", "enum T(open) { a; b; }", C, B),
    ("an enum closes", "enum T(open) { a; b; }", "enum T { a; b; }", B, C),
    ("an open enum grows", "enum T(open) { a; }", "enum T(open) { a; b; }", C, C),
    ("a union grows", "union T(tag: k) { card: Card; }", "union T(tag: k) { card: Card; iban: Iban; }", C, B),
    ("a union shrinks", "union T(tag: k) { card: Card; iban: Iban; }", "union T(tag: k) { card: Card; }", B, C),
    ("a union's tag is renamed", "union T(tag: k) { card: Card; }", "union T(tag: kind) { card: Card; }", B, B),
    ("another name, the same pattern", "type T = string(/[a-z]/);", "type T = string(/[a-z]/, ..9);", B, C),
]
# Routes before and after.
ROUTES = [
    ("a route goes", "GET /a -> a; GET /b -> b;", "GET /a -> a;", B),
    ("a route comes", "GET /a -> a;", "GET /a -> a; GET /b -> b;", C),
    ("another method", "POST /a -> a;", "PUT /a -> a;", B),
    ("ANY takes it too", "POST /a -> a;", "ANY /a -> a;", C),
    ("a parameter is renamed", "GET /a/:x -> a { path x: u8; }", "GET /a/:y -> a { path y: u8; }", C),
    ("a parameter becomes text", "GET /a/:x -> a { path x: u8; }", "GET /a/* -> a;", B),
    ("a required key", "GET /a -> a;", "GET /a -> a { query q: u8; }", B),
    ("an optional key", "GET /a -> a;", "GET /a -> a { query q: u8?; }", C),
    ("a key with a default", "GET /a -> a;", "GET /a -> a { query q: u8 = 1; }", C),
    ("a key goes", "GET /a -> a { query q: u8; }", "GET /a -> a;", C),
    ("a key becomes required", "GET /a -> a { query q: u8 = 1; }", "GET /a -> a { query q: u8; }", B),
    ("a default changes", "GET /a -> a { query q: u8 = 1; }", "GET /a -> a { query q: u8 = 2; }", C),
    ("a key becomes a header", "GET /a -> a { query q: u8; }", "GET /a -> a { header q: u8; }", B),
    ("a header in another case", "GET /a -> a { header X-Y: u8; }", "GET /a -> a { header x-y: u8; }", C),
    ("a cookie in another case", "GET /a -> a { cookie sid: u8; }", "GET /a -> a { cookie Sid: u8; }", B),
    ("a body comes", "POST /a -> a;", "POST /a -> a { body bytes; }", B),
    ("a body goes", "POST /a -> a { body bytes; }", "POST /a -> a;", C),
    ("a body of another kind", "POST /a -> a { body bytes; }", "POST /a -> a { body json u8; }", B),
    ("a smaller body", "POST /a -> a { body bytes(..2KiB); }", "POST /a -> a { body bytes(..1KiB); }", B),
    ("a larger body", "POST /a -> a { body bytes(..1KiB); }", "POST /a -> a { body bytes(..2KiB); }", C),
    ("a smaller body by the limit", "POST /a -> a { body bytes; }", "limits(body: 1KiB); POST /a -> a { body bytes; }", B),
    ("a media type goes", 'POST /a -> a { body bytes("image/png", "image/gif"); }', 'POST /a -> a { body bytes("image/png"); }', B),
    ("a wider media type", 'POST /a -> a { body bytes("image/png"); }', 'POST /a -> a { body bytes("image/*"); }', C),
    ("a status comes", "GET /a -> a { reply 200; }", "GET /a -> a { reply 200; reply 404; }", B),
    ("a status goes", "GET /a -> a { reply 200; reply 404; }", "GET /a -> a { reply 200; }", C),
    ("a problem comes", "GET /a -> a { reply 409 problem x; }", "GET /a -> a { reply 409 problem x; reply 409 problem y; }", B),
    ("another content", "GET /a -> a { reply 200 text; }", "GET /a -> a { reply 200 bytes; }", B),
    ("another constructor", "GET /a -> a { reply 200; }", "GET /a -> a { reply 200 as fine; }", C),
    ("a header goes", "GET /a -> a { reply 200 { header X: u8; } }", "GET /a -> a { reply 200; }", B),
    ("a header comes", "GET /a -> a { reply 200; }", "GET /a -> a { reply 200 { header X: u8; } }", C),
    ("a header becomes optional", "GET /a -> a { reply 200 { header X: u8; } }", "GET /a -> a { reply 200 { header X: u8?; } }", B),
    ("another handler", "GET /a -> a;", "GET /a -> b;", C),
    ("a redirect elsewhere", 'GET /a -> redirect(308, "/x");', 'GET /a -> redirect(308, "/y");', B),
    ("a redirect of another status", 'GET /a -> redirect(308, "/x");', 'GET /a -> redirect(301, "/x");', B),
    ("a smaller head", "GET /a -> a;", "limits(head: 9KiB); GET /a -> a;", B),
    ("another service", "GET /a -> a;", "@GET /a -> a;", C),
]

JSON_PLACES = {
    "a body": "POST /p -> post {{ body json {0}; reply 204; }}",
    "in a body": "type Outer {{ m: {0}; }} POST /p -> post {{ body json Outer; reply 204; }}",
    "a reply": "GET /p -> get {{ reply 200 json {0}; }}",
    "in a reply": "type Outer {{ m: {0}; }} GET /p -> get {{ reply 200 json Outer; }}",
}
TEXT_PLACES = {
    "a key": "GET /p -> get {{ query q: {0}; }}",
    "a header": "GET /p -> get {{ header q: {0}; }}",
}


def rows():
    """Yields (title, old, new, verdict)."""
    for before, after, taken, given in TYPES + JSON_TYPES:
        places = dict(JSON_PLACES)
        if (before, after, taken, given) in TYPES:
            places.update(TEXT_PLACES)
        for place, form in places.items():
            if ("json" in before + after or "map" in before + after) and place in ("a body", "a reply"):
                continue
            yield (f"{before} -> {after}, {place}", SHARED + form.format(before), SHARED + form.format(after),
                   given if "reply" in place else taken)
    for title, before, after, taken, given in DECLARATIONS:
        for place, form in JSON_PLACES.items():
            yield (f"{title}, {place}", SHARED + before + form.format("T"), SHARED + after + form.format("T"),
                   given if "reply" in place else taken)
    for title, before, after, verdict in ROUTES:
        yield title, before, after, verdict


def run(flarec, folder, old, new, *flags):
    for name, text in (("old", old), ("new", new)):
        service = "service other;\n" if text.startswith("@") else "service s;\n"
        (folder / f"{name}.flare").write_text(service + text.lstrip("@") + "\n")
    return subprocess.run([flarec, "breaking", *flags, "old.flare", "new.flare"], cwd=folder, capture_output=True, text=True)


def main():
    flarec = sys.argv[1]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for title, old, new, verdict in rows():
            told = run(flarec, folder, old, new)
            wrong = told.returncode != (1 if verdict == B else 0)
            differences = [] if wrong else json.loads(run(flarec, folder, old, new, "--json").stdout)
            wrong = wrong or any(entry["verdict"] == "breaking" for entry in differences) != (verdict == B)
            passed, failed = passed + (not wrong), failed + wrong
            if wrong:
                print(f"{title}: exit code {told.returncode}, but it is {verdict}\n{told.stdout}{told.stderr}")
        broken = run(flarec, folder, "GET /a -> a;", "GET /a -> a { query q: strng; }")
        if broken.returncode != 2:
            print(f"a spec with an error: exit code {broken.returncode}, not 2")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
