// pack.mjs PACKAGE HERE OUT: writes the viewer's files, compressed, as C.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const [from, here, out] = process.argv.slice(2);
const packaged = (name) => readFileSync(join(from, name), "utf8");
const licences = ["NOTICE", "LICENSE", "swagger-ui-bundle.js.LICENSE.txt"];
const files = [
    ["", "text/html; charset=utf-8", readFileSync(join(here, "index.html"), "utf8")],
    ["start.js", "text/javascript; charset=utf-8", readFileSync(join(here, "start.js"), "utf8")],
    // What a source map would be fetched for is not here.
    ["viewer.js", "text/javascript; charset=utf-8", packaged("swagger-ui-bundle.js").replace(/\n\/\/# sourceMappingURL=.*/, "")],
    ["viewer.css", "text/css; charset=utf-8", packaged("swagger-ui.css").replace(/\n\/\*# sourceMappingURL=.*?\*\//, "")],
    ["licences.txt", "text/plain; charset=utf-8", licences.map(packaged).join("\n")],
];

let arrays = "";
let rows = "";
files.forEach(([name, type, text], index) => {
    const bytes = gzipSync(text, { level: 9 });
    const tag = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    arrays += `static const unsigned char content_${index}[] = {${bytes.join(",")}};\n`;
    rows += `    {FLARE_STR_INIT("${name}"), FLARE_STR_INIT("${type}"),\n` +
        `     {(const char *)content_${index}, sizeof content_${index}}, FLARE_STR_INIT("\\"${tag}\\""), true},\n`;
});
writeFileSync(out, `#include <flare/gen.h>\n\n${arrays}
static const struct flarei_docs_file files[] = {
${rows}};

const struct flarei_docs_viewer flarei_docs_viewer = {files, sizeof files / sizeof *files};
`);
