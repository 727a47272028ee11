// page.mjs CHROMIUM URL PICTURE: looks at the page of docs() at URL in a headless browser, and uses it. Speaks the
// browser's DevTools protocol.
//
// The page renders without an error, a refusal by its Content-Security-Policy or a request to elsewhere; it lists every
// operation of openapi.json; "Execute" of the first GET without required parameters gets a 200.
import { Browser, wait } from "../tools/browser.mjs";

const [chromium, url, picture] = process.argv.slice(2);
const browser = new Browser(chromium);
const wrong = [];

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
    await page.shoot(picture);
    return count;
}

try {
    const page = await browser.page("Log", "Network", "Audits");
    watch(page);
    const count = await use(page);
    console.log(`${count} operations on the page, a request sent`);
} catch (error) {
    wrong.push(String(error));
} finally {
    await browser.end();
}
wrong.forEach((line) => console.log(line));
process.exit(wrong.length === 0 ? 0 : 1);
