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
    ("a list comes", "type T { a: u8; }", "type T { a: u8; b: [u8]; }", B, C),
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
    ("a smaller body once it is decoded", "use inflate(); limits(inflated: 4MiB); POST /a -> a { body bytes; }",
     "use inflate(); limits(inflated: 2MiB); POST /a -> a { body bytes; }", B),
    ("a larger body once it is decoded", "use inflate(); POST /a -> a { body bytes; }",
     "use inflate(); limits(inflated: 2MiB); POST /a -> a { body bytes; }", C),
    ("JSON that may be less deep", "POST /a -> a { body json json; }", "limits(depth: 63); POST /a -> a { body json json; }", B),
    ("JSON that may be deeper", "limits(depth: 8); POST /a -> a { body json json; }", "limits(depth: 9); POST /a -> a { body json json; }", C),
    ("a smaller head", "GET /a -> a;", "limits(head: 9KiB); GET /a -> a;", B),
    ("another service", "GET /a -> a;", "@GET /a -> a;", C),
]

# Declarations that rows of GUARDS share.
GUARDED = "type User { id: u64; } enum Color { red; green; blue; }\n"
# Guards, cookies, forms and what else stands around: before and after.
AROUND = [
    ("a guard comes to a route", "guard g { cookie sid: string; reply 401; } GET /a -> a; GET /b -> b { use g; }",
     "guard g { cookie sid: string; reply 401; } GET /a -> a { use g; } GET /b -> b { use g; }", B),
    ("a guard comes that refuses nobody new", "GET /a -> a;", "guard g { query q: u8?; gives n: u8; } GET /a -> a { use g; }", C),
    ("a guard comes that only refuses", "GET /a -> a { reply 200; }", "guard g { reply 503; } GET /a -> a { use g; reply 200; }", B),
    ("a guard goes", "guard g { cookie sid: string; reply 401; } GET /a -> a { use g; reply 200; }", "GET /a -> a { reply 200; }", C),
    ("a guard gets another name", "guard g { cookie sid: string; reply 401; } GET /a -> a { use g; }",
     "guard h { cookie sid: string; reply 401; } GET /a -> a { use h; }", C),
    ("what a guard gives changes", "guard g { reply 401; gives u: User; } GET /a -> a { use g; }",
     "guard g { reply 401; gives u: Color; } GET /a -> a { use g; }", C),
    ("a guard reads more", "guard g { cookie sid: string; reply 401; } GET /a -> a { use g; }",
     "guard g { cookie sid: string; header X-Key as key: string; reply 401; } GET /a -> a { use g; }", B),
    ("a guard reads a narrower value", "guard g { header X-Key as k: string; reply 401; } GET /a -> a { use g; }",
     "guard g { header X-Key as k: string(8..); reply 401; } GET /a -> a { use g; }", B),
    ("a guard's cookie becomes optional", "guard g { cookie sid: string; reply 401; } GET /a -> a { use g; }",
     "guard g { cookie sid: string?; reply 401; } GET /a -> a { use g; }", C),
    ("a guard's input becomes the route's", "guard g { query q: u8; reply 401; } GET /a -> a { use g; reply 200; }",
     "guard g { reply 401; } GET /a -> a { use g; query q: u8; reply 200; }", C),
    ("a guard's token becomes a cookie", "guard g { header Authorization as t: bearer; reply 401; } GET /a -> a { use g; }",
     "guard g { cookie t: string; reply 401; } GET /a -> a { use g; }", B),
    ("a guard refuses otherwise", "guard g { reply 401; } GET /a -> a { use g; reply 200; }",
     "guard g { reply 401; reply 403; } GET /a -> a { use g; reply 200; }", B),
    ("a guard's refusal gets a slug", "guard g { reply 403; } GET /a -> a { use g; reply 200; }",
     "guard g { reply 403 problem banned; } GET /a -> a { use g; reply 200; }", B),
    ("a guard within a guard", "guard g { reply 401; } GET /a -> a { use g; reply 200; }",
     "guard h { query q: u8; } guard g { use h; reply 401; } GET /a -> a { use g; reply 200; }", B),
    ("the same guard twice in the chain", "guard h { query q: u8; } guard g { use h; reply 401; } GET /a -> a { use g; reply 200; }",
     "guard h { query q: u8; } guard g { use h; reply 401; } GET /a -> a { use h; use g; reply 200; }", C),
    ("a guard reads the path", "GET /a/:n -> a { path n: u16; }", "guard g { path n: u8; } GET /a/:n -> a { use g; path n: u16; }", B),
    ("a guard of a fixed reply", 'GET /a/b -> fixed(200, "text/plain", "x");',
     'guard g { cookie sid: string; reply 401; } group /a { use g; GET /b -> fixed(200, "text/plain", "x"); }', B),
    ("an after-phase comes", "GET /a -> a;", "guard g { after; } use g; GET /a -> a;", C),
    ("a cookie is set no more", "GET /a -> a { reply 204 { cookie sid: string; } }", "GET /a -> a { reply 204; }", B),
    ("a cookie is set now", "GET /a -> a { reply 204; }", "GET /a -> a { reply 204 { cookie sid: string; } }", C),
    ("a cookie may be left out", "GET /a -> a { reply 204 { cookie sid: string; } }", "GET /a -> a { reply 204 { cookie sid: string?; } }", B),
    ("a cookie is always set", "GET /a -> a { reply 204 { cookie sid: string?; } }", "GET /a -> a { reply 204 { cookie sid: string; } }", C),
    ("a cookie is removed in place of set", "GET /a -> a { reply 204 { cookie sid: string; } }", "GET /a -> a { reply 204 { cookie sid(max_age: 0s); } }", B),
    ("a cookie's value widens", "GET /a -> a { reply 204 { cookie n: u8; } }", "GET /a -> a { reply 204 { cookie n: u16; } }", B),
    ("a cookie's value narrows", "GET /a -> a { reply 204 { cookie n: u16; } }", "GET /a -> a { reply 204 { cookie n: u8; } }", C),
    ("a cookie for a narrower path", "GET /a -> a { reply 204 { cookie n: u8; } }", 'GET /a -> a { reply 204 { cookie n(path: "/a"): u8; } }', B),
    ("a cookie that scripts can't read", "GET /a -> a { reply 204 { cookie n(http_only: false): u8; } }", "GET /a -> a { reply 204 { cookie n: u8; } }", B),
    ("a cookie that scripts can read", "GET /a -> a { reply 204 { cookie n: u8; } }", "GET /a -> a { reply 204 { cookie n(http_only: false): u8; } }", C),
    ("a cookie that lives longer", "GET /a -> a { reply 204 { cookie n(max_age: 1d): u8; } }", "GET /a -> a { reply 204 { cookie n(max_age: 2d): u8; } }", C),
    ("a query becomes a type that spreads", "GET /a -> a { query limit: u8?; }", "type P { limit: u8?; after: u8?; } GET /a -> a { query p: P; }", C),
    ("a spread type narrows", "type P { n: u8; } GET /a -> a { query p: P; }", "type P { n: u8(..9); } GET /a -> a { query p: P; }", B),
    ("a spread type gets a required key", "type P { n: u8; } GET /a -> a { query p: P; }", "type P { n: u8; m: u8; } GET /a -> a { query p: P; }", B),
    ("a form gets a required field", "type F { a: u8; } POST /a -> a { body form F; }", "type F { a: u8; b: u8; } POST /a -> a { body form F; }", B),
    ("a form gets an optional field", "type F { a: u8; } POST /a -> a { body form F; }", "type F { a: u8; b: u8?; } POST /a -> a { body form F; }", C),
    ("a form gets a list", "type F { a: u8; } POST /a -> a { body form F; }", "type F { a: u8; b: [u8]; } POST /a -> a { body form F; }", C),
    ("a form's field goes", "type F { a: u8; b: u8; } POST /a -> a { body form F; }", "type F { a: u8; } POST /a -> a { body form F; }", C),
    ("a form's field narrows", "type F { a: string; } POST /a -> a { body form F; }", "type F { a: string(..9); } POST /a -> a { body form F; }", B),
    ("a form's field takes several", "type F { a: Color; } POST /a -> a { body form F; }", "type F { a: [Color](1..); } POST /a -> a { body form F; }", C),
    ("a form's field takes but one", "type F { a: [Color]; } POST /a -> a { body form F; }", "type F { a: Color?; } POST /a -> a { body form F; }", B),
    ("a form becomes JSON", "type F { a: u8; } POST /a -> a { body form F; }", "type F { a: u8; } POST /a -> a { body json F; }", B),
    ("a form becomes multipart", "type F { a: u8; } POST /a -> a { body form F; }", "type F { a: u8; } POST /a -> a { body multipart F; }", B),
    ("a file's media type goes", 'type F { f: file(..1KiB, "image/png", "image/gif"); } POST /a -> a { body multipart F; }',
     'type F { f: file(..1KiB, "image/png"); } POST /a -> a { body multipart F; }', B),
    ("a file's media type comes", 'type F { f: file(..1KiB, "image/png"); } POST /a -> a { body multipart F; }',
     'type F { f: file(..1KiB, "image/png", "image/gif"); } POST /a -> a { body multipart F; }', C),
    ("a file is smaller", "type F { f: file(..2KiB); } POST /a -> a { body multipart F; }", "type F { f: file(..1KiB); } POST /a -> a { body multipart F; }", B),
    ("a file is larger", "type F { f: file(..1KiB); } POST /a -> a { body multipart F; }", "type F { f: file(..2KiB); } POST /a -> a { body multipart F; }", C),
    ("a file becomes optional", "type F { f: file(..1KiB); } POST /a -> a { body multipart F; }", "type F { f: file(..1KiB)?; } POST /a -> a { body multipart F; }", C),
    ("a text becomes a file", "type F { f: string; } POST /a -> a { body multipart F; }", "type F { f: file(..1KiB); } POST /a -> a { body multipart F; }", B),
    ("an item of NDJSON narrows", "type L { n: u16; } POST /a -> a { body ndjson L; }", "type L { n: u8; } POST /a -> a { body ndjson L; }", B),
    ("NDJSON becomes JSON", "type L { n: u16; } POST /a -> a { body ndjson L; }", "type L { n: u16; } POST /a -> a { body json L; }", B),
    ("a text body becomes bytes", "POST /a -> a { body text; }", "POST /a -> a { body bytes; }", B),
    ("a patch's member goes", "type P(patch) { a: u8; b: u8; } PATCH /a -> a { body json P; }", "type P(patch) { a: u8; } PATCH /a -> a { body json P; }", C),
    ("a patch's member comes", "type P(patch) { a: u8; } PATCH /a -> a { body json P; }", "type P(patch) { a: u8; b: u8; } PATCH /a -> a { body json P; }", C),
    ("a patch's member takes null", "type P(patch) { a: u8; } PATCH /a -> a { body json P; }", "type P(patch) { a: u8?; } PATCH /a -> a { body json P; }", C),
    ("a patch's member takes null no more", "type P(patch) { a: u8?; } PATCH /a -> a { body json P; }", "type P(patch) { a: u8; } PATCH /a -> a { body json P; }", B),
    ("a type becomes a patch", "type P { a: u8; } PUT /a -> a { body json P; }", "type P(patch) { a: u8; } PUT /a -> a { body json P; }", C),
    ("a patch becomes a type", "type P(patch) { a: u8; } PUT /a -> a { body json P; }", "type P { a: u8; } PUT /a -> a { body json P; }", B),
    ("secret or not is the log's alone", "GET /a -> a { query q: string; }", "GET /a -> a { query q: string(secret); }", C),
    ("an error page comes", "GET /a -> a;", "error -> oops; GET /a -> a;", B),
    ("an error page goes", "error 404 -> oops; GET /a -> a;", "GET /a -> a;", B),
    ("an error page by another function", "error 404 -> oops; GET /a -> a;", "error 404 -> sorry; GET /a -> a;", C),
    ("state is nobody's business", "state struct s_state; GET /a -> a;", "state struct s_state(per: worker); GET /a -> a;", C),
    ("a log line is nobody's business", "use log(); GET /a -> a;", "GET /a -> a;", C),
]
# The same of a library: what it declares before and after, and what the service says.
LIBRARIES = [
    ("a library's type narrows", "type A { n: u16; }", "type A { n: u8; }", "POST /a -> a { body json lib.A; reply 204; }", B),
    ("a library's type narrows, given", "type A { n: u16; }", "type A { n: u8; }", "GET /a -> a { reply 200 json lib.A; }", C),
    ("a library's enum grows, given", "enum E { a; }", "enum E { a; b; }", "GET /a -> a { reply 200 json lib.E; }", B),
    ("a library's alias narrows", "type S = string(..9);", "type S = string(..8);", "GET /a -> a { query q: lib.S; }", B),
    ("a library's union grows", "union U(tag: k) { a: A; } type A { n: u8; }", "union U(tag: k) { a: A; b: A; } type A { n: u8; }",
     "POST /a -> a { body json lib.U; reply 204; }", C),
    ("a library's guard reads more", "guard g { reply 401; }", "guard g { cookie sid: string; reply 401; }", "GET /a -> a { use lib.g; reply 200; }", B),
    ("a library's guard refuses otherwise", "guard g { reply 401; }", "guard g { reply 401; reply 429; }", "GET /a -> a { use lib.g; reply 200; }", B),
    ("what the service does not use", "type A { n: u16; } guard g { reply 401; }", "type A { n: u8; } guard g { reply 403; }", "GET /a -> a;", C),
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
    for title, before, after, verdict in AROUND:
        yield title, GUARDED + before, GUARDED + after, verdict
    for title, before, after, service, verdict in LIBRARIES:
        yield title, (before, service), (after, service), verdict


def run(flarec, folder, old, new, *flags):
    for name, text in (("old", old), ("new", new)):
        if isinstance(text, tuple):
            (folder / name).mkdir(exist_ok=True)
            (folder / name / "lib.flare").write_text(f"library lib;\n{text[0]}\n")
            text = f'import "{name}/lib.flare";\n{text[1]}'
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
