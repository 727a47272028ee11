// page.mjs CHROMIUM URL PICTURE: looks at the page of docs() at URL in a headless browser, and uses it. Speaks the
// browser's DevTools protocol.
//
// The page renders without an error, a refusal by its Content-Security-Policy or a request to elsewhere; it lists every
// operation of openapi.json; "Execute" of the first GET without required parameters gets a 200.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [chromium, url, picture] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), "flare-page-"));
// Over the pipe of descriptors 3 and 4, messages end in a NUL.
const browser = spawn(chromium, ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
    "--disable-background-networking", "--no-first-run", `--user-data-dir=${profile}`, "about:blank"],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const wrong = [];
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

class Protocol {
    constructor(to, from) {
        let text = "";

        this.to = to;
        this.last = 0;
        this.waiting = new Map();
        this.listeners = [];
        from.setEncoding("utf8");
        from.on("data", (more) => {
            const messages = (text + more).split("\0");
            text = messages.pop();
            messages.forEach((message) => this.take(JSON.parse(message)));
        });
        browser.on("exit", () => this.waiting.forEach(({ fail }) => fail(new Error("the browser ended"))));
    }

    take(message) {
        if (message.id === undefined) {
            this.listeners.forEach((listener) => listener(message));
            return;
        }
        const { done, fail } = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        if (message.error)
            fail(new Error(message.error.message));
        else
            done(message.result);
    }

    send(method, params = {}) {
        const id = ++this.last;
        return new Promise((done, fail) => {
            this.waiting.set(id, { done, fail });
            this.to.write(JSON.stringify({ id, method, params, sessionId: this.session }) + "\0");
        });
    }

    async value(expression) {
        const { result, exceptionDetails } = await this.send("Runtime.evaluate",
            { expression, awaitPromise: true, returnByValue: true });
        if (exceptionDetails)
            throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
    }

    // Until the expression is true.
    async until(expression, what) {
        for (let tries = 0; tries < 200; tries++) {
            if (await this.value(expression))
                return;
            await wait(100);
        }
        throw new Error(`not within 20 s: ${what}`);
    }
}

// What a page may not do: throw, log errors, meet its policy, or ask anybody else.
function watch(page) {
    const origin = new URL(url).origin;
    page.listeners.push(({ method, params }) => {
        if (method === "Runtime.exceptionThrown")
            wrong.push(`an exception: ${params.exceptionDetails.exception?.description}`);
        else if (method === "Log.entryAdded" && params.entry.level === "error" && !params.entry.url?.endsWith("/favicon.ico"))
            wrong.push(`the log: ${params.entry.text}`);
        else if (method === "Runtime.consoleAPICalled" && params.type === "error")
            wrong.push(`the console: ${params.args.map((arg) => arg.value ?? arg.description).join(" ")}`);
        else if (method === "Audits.issueAdded" && params.issue.code === "ContentSecurityPolicyIssue")
            wrong.push(`the policy: ${JSON.stringify(params.issue.details.contentSecurityPolicyIssueDetails)}`);
        else if (method === "Network.requestWillBeSent" && !params.request.url.startsWith(origin) &&
            !params.request.url.startsWith("data:"))
            wrong.push(`a request to ${params.request.url}`);
    });
}

async function use(page) {
    const document = await (await fetch(new URL("openapi.json", url))).json();
    const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
        methods.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })));

    await page.send("Page.navigate", { url });
    await page.until(`document.querySelectorAll(".opblock").length >= ${operations.length}`,
        `${operations.length} operations on the page`);
    const shown = await page.value(`[...document.querySelectorAll(".opblock-summary")].map((row) =>
        row.querySelector(".opblock-summary-method").textContent.trim().toLowerCase() + " " +
        row.querySelector(".opblock-summary-path").dataset.path)`);
    for (const { method, path } of operations)
        if (!shown.includes(`${method} ${path}`))
            wrong.push(`${method} ${path} is not on the page`);

    const easy = operations.findIndex(({ method, operation }) => method === "get" && !operation.security &&
        (operation.parameters ?? []).every((parameter) => !parameter.required) && operation.responses["200"]);
    if (easy < 0) {
        console.log("each operation wants something of its caller: none is sent a request");
        return shoot(page, operations.length);
    }
    const block = `[...document.querySelectorAll(".opblock")][${easy}]`;
    await page.value(`${block}.querySelector(".opblock-summary-control").click()`);
    await page.until(`${block}.querySelector("button.execute") !== null`, "the button Execute");
    // The button is there before the viewer has resolved the operation.
    await page.until(`${block}.querySelector(".opblock-loading-animation") === null &&
        ${block}.querySelectorAll("tr[data-param-name]").length === ${(operations[easy].operation.parameters ?? []).length}`,
        "its parameters");
    await wait(1000);
    await page.value(`${block}.querySelector("button.execute").click()`);
    await page.until(`${block}.querySelector(".live-responses-table .response-col_status") !== null`, "a response");
    const status = await page.value(`${block}.querySelector(".live-responses-table .response .response-col_status").textContent`);
    if (!status.startsWith("200"))
        wrong.push(`the request that was sent got ${status}`);
    return shoot(page, operations.length);
}

async function shoot(page, count) {
    const { data } = await page.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
    writeFileSync(picture, Buffer.from(data, "base64"));
    return count;
}

try {
    const page = new Protocol(browser.stdio[3], browser.stdio[4]);
    const { targetId } = await page.send("Target.createTarget", { url: "about:blank" });
    page.session = (await page.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    watch(page);
    for (const domain of ["Page", "Runtime", "Log", "Network", "Audits"])
        await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride", { width: 1200, height: 1000, deviceScaleFactor: 1, mobile: false });
    const count = await use(page);
    console.log(`${count} operations on the page, a request sent`);
} catch (error) {
    wrong.push(String(error));
} finally {
    browser.kill();
    await wait(500);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
wrong.forEach((line) => console.log(line));
process.exit(wrong.length === 0 ? 0 : 1);
