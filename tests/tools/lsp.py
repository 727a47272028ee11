#!/usr/bin/env python3
"""lsp.py FLAREC FOLDER: an outside LSP client (pygls') drives `flarec lsp` over files that are broken, as files in an editor
are: diagnostics, edits, hover, definition, completion, formatting, symbols, semantic tokens, and bytes that are no message."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import bring

flarec, build = str(Path(sys.argv[1]).resolve()), sys.argv[2]
bring.python(build, "tools_lsp")

from lsprotocol import types as lsp  # noqa: E402
from pygls.lsp.client import LanguageClient  # noqa: E402

BROKEN = """service shop(version: "1.0.0");
import "money.flare";

/// The colours – 🎨 – that there are.
enum Color { red; /// Like grass.
    green; }

/// A product's number.
type Sku = string(/[A-Z]{3}-[0-9]{4}/);
type Small = u32(1..100);

/// What is for sale.
type Product { sku: Sku; color: Color = green; price: money.Amount; tags: [string]?; 🎨

guard signed_in { header Authorization: string; reply 401; }

GET /products -> list_products {
    query limit: Small(..50) = 20;
    query oops: strng;
    query
    reply 200 json [Product];
}
"""
failed = 0
passed = 0


def check(good, what, detail=""):
    global failed, passed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}\n{detail}")


def at(text, needle, inside=0, nth=0):
    """The place of the text `needle`, `inside` characters into it, as LSP counts: UTF-16 units."""
    offset = -1
    for _ in range(nth + 1):
        offset = text.index(needle, offset + 1)
    before = text[: offset + inside]
    line = before.rsplit("\n", 1)[-1]
    return lsp.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)


class Session:
    def __init__(self, folder):
        self.client = LanguageClient("judge", "1")
        self.folder = folder
        self.published = asyncio.Queue()

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _published(params):
            self.published.put_nowait(params)

    async def start(self):
        await self.client.start_io(flarec, "lsp")
        got = await self.client.initialize_async(lsp.InitializeParams(capabilities=lsp.ClientCapabilities()))
        self.client.initialized(lsp.InitializedParams())
        return got

    async def diagnostics(self):
        return await asyncio.wait_for(self.published.get(), 10)

    async def open(self, name, text):
        uri = (self.folder / name).as_uri()
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri, "flare", 1, text)))
        return uri, await self.diagnostics()

    async def change(self, uri, *changes):
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(
            lsp.VersionedTextDocumentIdentifier(2, uri), list(changes)))
        return await self.diagnostics()

    async def hover(self, uri, place):
        got = await self.client.text_document_hover_async(lsp.HoverParams(lsp.TextDocumentIdentifier(uri), place))
        return got.contents.value if got else ""

    async def definition(self, uri, place):
        return await self.client.text_document_definition_async(
            lsp.DefinitionParams(lsp.TextDocumentIdentifier(uri), place))

    async def completion(self, uri, place):
        got = await self.client.text_document_completion_async(
            lsp.CompletionParams(lsp.TextDocumentIdentifier(uri), place))
        return [item.label for item in got]

    async def format(self, uri):
        return await self.client.text_document_formatting_async(lsp.DocumentFormattingParams(
            lsp.TextDocumentIdentifier(uri), lsp.FormattingOptions(4, True)))


async def check_diagnostics(session):
    uri, got = await session.open("shop.flare", BROKEN)
    codes = {item.code for item in got.diagnostics}
    check("F0101" in codes and "F0110" in codes, "the mistakes of a broken file are reported", got)
    said = [item for item in got.diagnostics if item.code == "F0110"][0]
    check(BROKEN.splitlines()[said.range.start.line].strip() in ("query", "reply 200 json [Product];"), "at their line", said)
    return uri


async def check_hover(session, uri):
    for needle, inside, nth, wanted in [
        ("sku: Sku", 6, 0, ["type Sku = string(", "A product's number.", "`flare_str`"]),
        ("Small(..50)", 2, 0, ["type Small = u32(1..100)", "resolved: `u32(1..100)(..50)`", "`uint32_t`"]),
        ("limit", 1, 0, ["query limit: Small(..50) = 20;", "`uint32_t`"]),
        ("color: Color", 8, 0, ["enum Color", "The colours – 🎨 –", "`shop_color`"]),
        ("= green", 3, 0, ["green", "Like grass.", "`SHOP_COLOR_GREEN`"]),
        ("[Product]", 3, 0, ["What is for sale.", "`shop_product`"]),
        ("money.Amount", 8, 0, ["type Amount", "Of money.", "`money_amount`"]),
        ("tags: [string]?", 1, 0, ["`flare_str_array_opt`"]),
        ("list_products", 3, 0, ["GET /products -> list_products", "`shop_list_products`"]),
        ("Product {", 1, 0, ["What is for sale.", "`shop_product`"]),
    ]:
        said = await session.hover(uri, at(BROKEN, needle, inside, nth))
        check(all(one in said for one in wanted), f"hover over {needle}", said)
    check(await session.hover(uri, lsp.Position(1000, 1000)) == "", "nothing is behind the end")


async def check_definition(session, uri):
    for needle, inside, nth, wanted in [
        ("sku: Sku", 6, 0, "Sku = string"),
        ("Small(..50)", 1, 0, "Small = u32"),
        ("color: Color", 8, 0, "Color { red"),
        ("= green", 3, 0, "green; }"),
        ("[Product]", 3, 0, "Product {"),
    ]:
        got = await session.definition(uri, at(BROKEN, needle, inside, nth))
        check(got is not None and got.uri == uri and got.range.start == at(BROKEN, wanted), f"definition of {needle}", got)
    got = await session.definition(uri, at(BROKEN, "money.Amount", 8))
    check(got is not None and got.uri.endswith("/money.flare") and got.range.start.line == 2, "of an imported type", got)
    got = await session.definition(uri, at(BROKEN, '"money.flare"', 3))
    check(got is not None and got.uri.endswith("/money.flare"), "of an import", got)
    check(await session.definition(uri, at(BROKEN, "strng", 1)) is None, "of nothing")


async def check_completion(session, uri):
    text = BROKEN + "\n"
    for line, wanted, unwanted in [
        ("", {"group", "type", "GET", "service", "error", "guard"}, {"reply", "gives", "after"}),
        ("use ", {"request_id()", "log()", "signed_in", "money.payer"}, {"GET"}),
        ("type T { a: ", {"string", "u32", "Product", "Color", "Sku", "map"}, {"GET", "red"}),
        ("type T { a: Color = ", {"red", "green"}, {"string"}),
        ("type T { a: bool = ", {"true", "false"}, {"string"}),
        ("GET /a -> ", {"fixed()", "redirect()"}, {"string"}),
        ("GET /a -> b { ", {"query", "header", "body", "reply"}, {"service", "GET"}),
        ("GET /a -> b { qu", {"query"}, {"service"}),
        ("GET /a -> b { body ", {"json", "bytes"}, {"Product"}),
        ("GET /a -> b { reply 200 ", {"json", "as", "problem"}, {"Product"}),
        ("GET /a -> b { reply 200 json ", {"Product", "string"}, {"problem"}),
        ("GET /a -> b { reply 200 json [", {"Product", "string"}, {"problem"}),
        ("GET /a -> b { reply 200 { ", {"header", "cookie"}, {"query"}),
        ("group /a { ", {"GET", "use", "path"}, {"service", "body"}),
        ("guard g { ", {"gives", "reply", "header", "after", "use"}, {"GET", "error"}),
        ("GET /a -> ", {"docs()"}, set()),
        ("error 404 -> ", set(), {"fixed()"}),
        ("state struct s(", {"per"}, {"max_age"}),
        ("state struct s(per: ", {"worker"}, {"per"}),
        ("POST /a -> b { reply 204 { cookie sid(", {"max_age", "path", "http_only", "same_site"}, {"per"}),
        ("POST /a -> b { cookie sid(", set(), {"max_age"}),
        ("use money.", {"payer"}, {"Amount", "log()"}),
        ("type T { a: money.", {"Amount"}, {"payer"}),
        ("enum E { ", set(), {"GET", "string"}),
        ("limits(", {"body", "head", "uri"}, {"GET"}),
        ("limits(body: 1MiB, ", {"head"}, {"GET"}),
        ("type T(", {"strict", "patch"}, {"open"}),
        ("// ", set(), {"GET"}),
        ('import "', set(), {"GET"}),
    ]:
        shown = text + line
        end = at(shown + "$", "$", 0, shown.count("$"))
        await session.change(uri, lsp.TextDocumentContentChangeWholeDocument(shown))
        got = set(await session.completion(uri, end))
        check(wanted <= got and not unwanted & got and (wanted or not got), f"completion behind {line!r}", sorted(got))
    # Nothing is offered that the compiler does not know.
    await session.change(uri, lsp.TextDocumentContentChangeWholeDocument("service s;\nuse "))
    for use in await session.completion(uri, lsp.Position(1, 4)):
        got = await session.change(uri, lsp.TextDocumentContentChangeWholeDocument(f"service s;\nuse {use};\n"))
        check("F0207" not in {item.code for item in got.diagnostics}, f"{use} is known", got)
    await session.change(uri, lsp.TextDocumentContentChangeWholeDocument("service s;\ntype T { a: "))
    for name in await session.completion(uri, lsp.Position(1, 12)):
        name = {"map": "map[u8]", "struct": "struct x"}.get(name, name)
        got = await session.change(uri, lsp.TextDocumentContentChangeWholeDocument(f"service s;\ntype T {{ a: {name}; }}\n"))
        check("F0202" not in {item.code for item in got.diagnostics}, f"the type {name} is known", got)


async def check_guards(session):
    text = """service g;
import "money.flare";
/// Who calls.
guard signed_in { cookie sid: string; gives id: u64; reply 401; after; }
guard admin { use signed_in; reply 403; }
type Change(patch) { name: string; note: string(..9)?; tags: [Kind]?; }
enum Kind { a; b; }
union Pay(tag: kind) { card: Card; off-line: Card; }
type Card { n: u8; }
error 404 -> lost;
group /x {
    use admin;
    use money.payer;
    PATCH /c -> alter { body json Change; reply 200 json Pay; }
}
"""
    uri, got = await session.open("guards.flare", text)
    check(not got.diagnostics, "a file with guards has no mistake", got)
    for needle, inside, nth, wanted in [
        ("use signed_in", 6, 0, ["guard signed_in {", "Who calls.", "`g_signed_in`"]),
        ("use admin", 6, 0, ["guard admin {", "`g_admin`"]),
        ("money.payer", 8, 0, ["guard payer", "Who pays.", "`money_payer`"]),
        ("guard admin", 7, 0, ["use signed_in", "`g_admin`"]),
        ("gives id", 7, 0, ["`uint64_t`"]),
        ("-> lost", 4, 0, ["error 404 -> lost;", "`g_lost`"]),
        ("name: string", 1, 0, ["`flare_str_opt`"]),
        ("note: string", 1, 0, ["`flare_str_patch`"]),
        ("tags: [Kind]", 1, 0, ["`g_kind_array_patch`"]),
        ("card: Card", 1, 0, ["`g_card`", "`G_PAY_CARD`", "`g_pay_card()`", "`as.card`"]),
        ("off-line: Card", 1, 0, ["`G_PAY_OFF_LINE`", "`as.off_line`"]),
    ]:
        said = await session.hover(uri, at(text, needle, inside, nth))
        check(all(one in said for one in wanted), f"hover over {needle}", said)
    for needle, inside, wanted in [
        ("use signed_in", 6, "signed_in {"), ("use admin", 6, "admin {"), ("card: Card", 7, "Card { n"),
        ("off-line: Card", 11, "Card { n"), ("[Kind]", 2, "Kind {"), ("name: string", 1, "name: string"),
        ("card: Card", 1, "card: Card"),
    ]:
        got = await session.definition(uri, at(text, needle, inside))
        check(got is not None and got.uri == uri and got.range.start == at(text, wanted), f"definition of {needle}", got)
    got = await session.definition(uri, at(text, "money.payer", 8))
    check(got is not None and got.uri.endswith("/money.flare") and got.range.start == lsp.Position(4, 6), "of an imported guard", got)
    got = await session.change(uri, lsp.TextDocumentContentChangeWholeDocument(text.replace("    use admin;\n", "")))
    check([item.code for item in got.diagnostics] == ["F0706"], "an unused guard is told of", got)


async def check_edits(session):
    uri, got = await session.open("edit.flare", "service s;\n// 🎨é\nGET / -> home { query q: strng; }\n")
    check([item.code for item in got.diagnostics] == ["F0202"], "one mistake, one message", got)
    check(got.diagnostics[0].range == lsp.Range(lsp.Position(2, 25), lsp.Position(2, 30)), "its range", got)
    edit = lsp.TextDocumentContentChangePartial(lsp.Range(lsp.Position(2, 28), lsp.Position(2, 28)), "i")
    got = await session.change(uri, edit)
    check(not got.diagnostics, "it is mended by one letter", got)
    # In UTF-16 the picture is two units and the letter one.
    got = await session.change(
        uri, lsp.TextDocumentContentChangePartial(lsp.Range(lsp.Position(1, 5), lsp.Position(1, 6)), "\nenum   E { a; }"))
    check([item.code for item in got.diagnostics] == ["F0702"], "an edit behind a character of two units", got)
    check(got.diagnostics and got.diagnostics[0].range.start == lsp.Position(2, 7), "its place", got)
    edits = await session.format(uri)
    check(len(edits) == 1 and "GET / -> home { query q: string; }\n" in edits[0].new_text, "formatting", edits)
    check(edits[0].range.start == lsp.Position(0, 0) and edits[0].range.end == lsp.Position(4, 0), "of all of it", edits)
    await session.change(uri, lsp.TextDocumentContentChangeWholeDocument(edits[0].new_text))
    check(not await session.format(uri), "what is formatted stays")
    await session.change(uri, lsp.TextDocumentContentChangeWholeDocument("service s\nGET"))
    check(not await session.format(uri), "a broken file is left alone")
    session.client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
    check(not (await session.diagnostics()).diagnostics, "what was said of a closed file is taken back")


async def check_outline(session):
    text = "service s;\ntype T { a: u8; }\ngroup /g { GET /x -> h { reply 200 json T; } }\nenum E { /// D.\n m; }\n"
    uri, _ = await session.open("outline.flare", text)
    got = await session.client.text_document_document_symbol_async(
        lsp.DocumentSymbolParams(lsp.TextDocumentIdentifier(uri)))
    names = [(one.name, [child.name for child in one.children]) for one in got]
    check(names == [("s", []), ("T", ["a"]), ("group /g", ["GET /x"]), ("E", ["m"])], "symbols", names)
    got = await session.client.text_document_semantic_tokens_full_async(
        lsp.SemanticTokensParams(lsp.TextDocumentIdentifier(uri)))
    line = character = 0
    words = []
    for i in range(0, len(got.data), 5):
        down, right, length, kind, _ = got.data[i: i + 5]
        line, character = line + down, right if down else character + right
        words.append((text.splitlines()[line][character: character + length], kind))
    check(("service", 4) in words and ("u8", 5) in words and ("GET", 4) in words and ("/// D.", 0) in words, "tokens", words)


async def main():
    with tempfile.TemporaryDirectory(prefix="flare lsp ") as folder:
        folder = Path(folder)
        (folder / "money.flare").write_text(
            "library money;\n/// Of money.\ntype Amount { cents: i64; }\n/// Who pays.\nguard payer { cookie purse: string; reply 402; }\n")
        session = Session(folder)
        started = await session.start()
        check(started.capabilities.position_encoding == lsp.PositionEncodingKind.Utf16, "the encoding is said")
        uri = await check_diagnostics(session)
        await check_hover(session, uri)
        await check_definition(session, uri)
        await check_completion(session, uri)
        await check_guards(session)
        await check_edits(session)
        await check_outline(session)
        try:
            await session.client.protocol.send_request_async("flare/nothing", {})
            check(False, "an unknown method is refused")
        except Exception as error:
            check("no such method" in str(error), "an unknown method is refused", error)
        await session.client.shutdown_async(None)
        session.client.exit(None)
        await session.client.stop()


def raw(data):
    return subprocess.run([flarec, "lsp"], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)


def check_bytes():
    def frame(body):
        return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

    done = raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    check(done.returncode == 1, "bytes that are no message end it", done)
    done = raw(b"x" * 5000)
    check(done.returncode == 1, "a head without an end ends it", done)
    done = raw(frame(b"{") + frame(b'{"jsonrpc":"2.0","id":7,"method":"textDocument/hover"}') + frame(b"[]"))
    check(b"-32700" in done.stdout and b"-32002" in done.stdout and b"-32600" in done.stdout, "what is no request is refused", done)
    end = [b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}', b'{"jsonrpc":"2.0","id":"b","method":"shutdown"}',
           b'{"jsonrpc":"2.0","method":"exit"}']
    done = raw(b"".join(map(frame, end)))
    check(done.returncode == 0 and b'"id":"b","result":null' in done.stdout, "an orderly end", done)
    done = raw(frame(end[2]))
    check(done.returncode == 1, "an end without a shutdown is none in order", done)


asyncio.run(main())
check_bytes()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
