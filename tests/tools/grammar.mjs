// grammar.mjs MODULES GRAMMAR FILE...: colours each file by Visual Studio Code's TextMate engine; prints, a JSON line a file,
// [line, first column, last column, scope] of what has a scope, columns in UTF-16 units.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, grammar, ...files] = process.argv.slice(2);
const need = createRequire(modules + "/");
const oniguruma = need("vscode-oniguruma");
const textmate = need("vscode-textmate");
await oniguruma.loadWASM(readFileSync(modules + "/vscode-oniguruma/release/onig.wasm").buffer);
const registry = new textmate.Registry({
    onigLib: Promise.resolve({
        createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
        createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => textmate.parseRawGrammar(readFileSync(grammar, "utf8"), grammar),
});
const flare = await registry.loadGrammar("source.flare");
for (const file of files) {
    let stack = textmate.INITIAL;
    const found = [];
    readFileSync(file, "utf8").split("\n").forEach((text, line) => {
        const done = flare.tokenizeLine(text, stack);
        stack = done.ruleStack;
        for (const token of done.tokens)
            if (token.scopes.length > 1) found.push([line, token.startIndex, token.endIndex, token.scopes[1]]);
    });
    console.log(JSON.stringify(found));
}
