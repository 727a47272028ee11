// A headless Chromium, told what to do in its DevTools protocol, over the pipe of descriptors 3 and 4.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export class Browser {
    // home: what it takes for its user's folder, where the certificates that it trusts lie
    // flags: of the command line, besides its own
    constructor(chromium, home, ...flags) {
        let text = "";

        this.profile = mkdtempSync(join(tmpdir(), "flare-page-"));
        this.process = spawn(chromium, ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
            "--disable-background-networking", "--no-first-run", `--user-data-dir=${this.profile}`, ...flags, "about:blank"],
            { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], env: { ...process.env, ...(home && { HOME: home }) } });
        const [, , , to, from] = this.process.stdio;
        this.to = to;
        this.last = 0;
        this.waiting = new Map();
        this.pages = new Map();
        from.setEncoding("utf8");
        from.on("data", (more) => { // messages end in a NUL
            const messages = (text + more).split("\0");
            text = messages.pop();
            messages.forEach((message) => this.take(JSON.parse(message)));
        });
        this.process.on("exit", () => this.waiting.forEach(({ fail }) => fail(new Error("the browser ended"))));
    }

    take(message) {
        if (message.id === undefined) {
            this.pages.get(message.sessionId)?.listeners.forEach((listener) => listener(message));
            return;
        }
        const { done, fail } = this.waiting.get(message.id);
        this.waiting.delete(message.id);
        if (message.error)
            fail(new Error(message.error.message));
        else
            done(message.result);
    }

    send(method, params = {}, sessionId = undefined) {
        const id = ++this.last;
        return new Promise((done, fail) => {
            this.waiting.set(id, { done, fail });
            this.to.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
        });
    }

    async page(...domains) {
        const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
        const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
        const page = new Page(this, sessionId);
        this.pages.set(sessionId, page);
        for (const domain of ["Page", "Runtime", ...domains])
            await page.send(`${domain}.enable`);
        await page.send("Emulation.setDeviceMetricsOverride", { width: 1200, height: 1000, deviceScaleFactor: 1, mobile: false });
        return page;
    }

    async end() {
        const ended = new Promise((done) => this.process.once("exit", done));
        this.process.kill();
        await Promise.race([ended, wait(5000)]);
        // Its children write there a little longer.
        for (let left = 20; left > 0; left--) {
            try {
                rmSync(this.profile, { recursive: true, force: true });
                return;
            } catch {
                await wait(200);
            }
        }
        console.error(`${this.profile} could not be removed`);
    }
}

class Page {
    constructor(browser, session) {
        this.browser = browser;
        this.session = session;
        this.listeners = [];
    }

    send(method, params = {}) {
        return this.browser.send(method, params, this.session);
    }

    async open(url) {
        const { errorText } = await this.send("Page.navigate", { url });
        if (errorText)
            throw new Error(`${url}: ${errorText}`);
        await this.until("document.readyState === 'complete'", `the page ${url}`);
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

    async shoot(picture) {
        const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
        writeFileSync(picture, Buffer.from(data, "base64"));
    }
}
