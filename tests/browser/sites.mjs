// What pages of several sites do, and what browsers let them do. The sites are examples under names of their own, at the
// usual port of https as the browser sees it.
import { createServer, connect } from "node:net";

import { check } from "./check.mjs";

const NAMES = { "app.example": "https_server", "other.example": "https_server", "www.example.org": "https_server",
    "api.example": "cors", "shop.example": "sessions", "forms.example": "forms", "album.example": "multipart_upload" };

// The way to the example `sse` passes through here, so that it can be cut.
const passing = new Set();

function relay(port) {
    return createServer((from) => {
        const to = connect(port, "127.0.0.1");
        passing.add(from).add(to);
        for (const [one, other] of [[from, to], [to, from]]) {
            one.on("error", () => other.destroy());
            one.on("close", () => {
                passing.delete(one);
                other.destroy();
            });
            one.pipe(other);
        }
    });
}

const cut = () => passing.forEach((socket) => socket.destroy());
const port = (address) => address.split(":")[1];

// The names as rules of the browser's resolver.
export async function resolved(at) {
    const server = relay(port(at.sse));
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    const rules = Object.entries(NAMES).map(([name, example]) => `MAP ${name}:443 127.0.0.1:${port(at[example])}`);
    rules.push(`MAP events.example:443 127.0.0.1:${server.address().port}`);
    return { rules: rules.join(","), end: () => server.close() };
}

// What a page's fetch() gets to see: status, fields that scripts may read, text; or that it failed.
function fetched(page, url, options = {}) {
    return page.value(`fetch(${JSON.stringify(url)}, ${JSON.stringify(options)}).then(
        async (reply) => ({ status: reply.status, location: reply.headers.get("Location"), text: await reply.text() }),
        (error) => ({ failed: error.name }))`);
}

const JSON_NOTE = { headers: { "Content-Type": "application/json", "X-Client": "test" }, body: `{"text":"a note"}` };

async function at(browser, url, ...domains) {
    const page = await browser.page(...domains);
    await page.open(url);
    return page;
}

// The preflights that a page caused meanwhile.
function preflights(page) {
    const seen = [];
    page.listeners.push(({ method, params }) => {
        if (method === "Network.requestWillBeSent" && params.request.method === "OPTIONS")
            seen.push(params.request.headers["Access-Control-Request-Method"] ?? "OPTIONS");
    });
    return seen;
}

export const sites = (browser) => ({
    async "CORS: preflights pass for the origin that is named, and are remembered"() {
        for (const origin of ["https://app.example", "https://www.example.org"]) {
            const page = await at(browser, `${origin}/`, "Network");
            const seen = preflights(page);
            const made = await fetched(page, "https://api.example/notes", { method: "POST", credentials: "include", ...JSON_NOTE });
            check(made.status === 201 && made.location === "/notes/2", `${origin} got ${JSON.stringify(made)}`);
            const put = await fetched(page, "https://api.example/notes/1", { method: "PUT", ...JSON_NOTE });
            check(put.status === 204, `${origin} got ${JSON.stringify(put)}`);
            const before = seen.length;
            check(before >= 2, `${before} preflights were sent`);
            await fetched(page, "https://api.example/notes/1", { method: "PUT", ...JSON_NOTE });
            check(seen.length === before, "a preflight was asked again, though its answer holds for 10 minutes");
        }
    },
    async "CORS: another origin can't read, nor send what needs a preflight"() {
        const page = await at(browser, "https://other.example/");
        for (const options of [{}, { method: "PUT", ...JSON_NOTE }, { method: "POST", credentials: "include", ...JSON_NOTE }]) {
            const got = await fetched(page, `https://api.example/notes${options.method === "PUT" ? "/1" : ""}`, options);
            check(got.failed === "TypeError", `it got ${JSON.stringify(got)}`);
        }
        const got = await fetched(page, "https://api.example/public/time");
        check(got.status === 200 && got.text === "noon\n", `what is for all: ${JSON.stringify(got)}`);
        const with_cookies = await fetched(page, "https://api.example/public/time", { credentials: "include" });
        check(with_cookies.failed === "TypeError", `with cookies: ${JSON.stringify(with_cookies)}`);
    },
    async "EventSource comes back with Last-Event-ID, and loses nothing"() {
        const page = await at(browser, "https://events.example/");
        await page.value(`(() => {
            window.came = [];
            window.opened = 0;
            window.mine = new EventSource("/ticks?count=60&every=20");
            mine.onopen = () => opened++;
            mine.onmessage = ({ data, lastEventId }) => {
                came.push([JSON.parse(data).number, Number(lastEventId)]);
                if (came.length === 60)
                    mine.close();
            };
        })()`);
        for (const count of [5, 25, 45]) {
            await page.until(`came.length >= ${count}`, `${count} events`);
            cut();
        }
        await page.until("mine.readyState === EventSource.CLOSED", "all events");
        const { came, opened } = await page.value("({ came, opened })");
        check(came.every(([number, id], i) => number === i + 1 && id === number), `events ${JSON.stringify(came)}`);
        check(opened === 4, `it was opened ${opened} times`);
    },
    async "a form, and the redirect after it"() {
        const page = await at(browser, "https://forms.example/");
        const submit = (email) => page.value(`(() => {
            const form = document.querySelector("form");
            form.email.type = "text"; // what the browser would not send
            form.email.value = ${JSON.stringify(email)};
            form.password.value = "correct horse";
            form.remember.checked = true;
            form.topics.options[0].selected = form.topics.options[2].selected = true;
            form.querySelector("button").click();
        })()`);
        await submit("ada&<b>");
        await page.until("document.querySelector('form') === null && document.readyState === 'complete'", "the refusal");
        check((await page.value("document.body.textContent")).includes("invalid-request"), "an address that is none was taken");
        await page.open("https://forms.example/");
        await submit("ada+x@example.org");
        await page.until("location.search.startsWith('?welcome=')", "the redirect");
        await page.until("document.querySelector('h1') !== null", "the page");
        check(await page.value("document.querySelector('h1').textContent") === "Welcome, ada+x@example.org", "it welcomes another");
    },
    async "an upload says how far it is"() {
        const page = await at(browser, "https://album.example/", "Network");
        await page.send("Network.emulateNetworkConditions",
            { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 16 << 20 });
        const { steps, status, photo, back } = await page.value(`(async () => {
            const image = new Uint8Array(8 << 20);
            for (let i = 0; i < image.length; i++)
                image[i] = i * 31 + (i >> 8);
            image.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
            const form = new FormData();
            form.append("title", "καλημέρα");
            form.append("image", new File([image], "large.png", { type: "image/png" }));
            form.append("tags", "new");
            const steps = [];
            const request = new XMLHttpRequest();
            request.upload.onprogress = ({ loaded, total, lengthComputable }) => steps.push([loaded, total, lengthComputable]);
            request.open("POST", "/photos");
            await new Promise((done, fail) => {
                request.onload = done;
                request.onerror = () => fail(new Error("the upload failed"));
                request.send(form);
            });
            const reply = await fetch(request.getResponseHeader("Location"));
            const got = new Uint8Array(await reply.arrayBuffer());
            return { steps, status: request.status, photo: JSON.parse(request.responseText),
                back: got.length === image.length && got.every((byte, i) => byte === image[i]) };
        })()`);
        check(status === 201 && photo.size === 8 << 20 && photo.title === "καλημέρα", `it is ${JSON.stringify(photo)}`);
        check(steps.length >= 2 && steps.every(([, , known]) => known), `progress: ${JSON.stringify(steps)}`);
        check(steps.every(([loaded], i) => i === 0 || loaded >= steps[i - 1][0]), "it went backwards");
        check(steps.at(-1)[0] === steps.at(-1)[1] && steps.at(-1)[1] > 8 << 20, "it did not reach its end");
        check(back, "the picture that comes back is another");
    },
    async "a session: what one tab puts in the cart, another one sees, until the login ends"() {
        const one = await at(browser, "https://shop.example/cart");
        const other = await at(browser, "https://shop.example/cart");
        const login = { method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: "user=7&password=sesame" };
        check((await fetched(one, "/me")).status === 401, "nobody is signed in, and it is not refused");
        check((await fetched(one, "/login", { ...login, body: "user=7&password=wrong" })).status === 401, "any password does");
        check((await fetched(one, "/login", login)).status === 204, "the password is refused");
        check((await fetched(one, "/cart/5", { method: "POST" })).status === 204, "nothing goes into the cart");
        check((await fetched(other, "/me")).text === "user 7", "the other tab is not signed in");
        check((await fetched(other, "/cart")).text === `{"items":[5]}`, "the other tab has another cart");
        check(await one.value("document.cookie") === "", "scripts see the cookies");
        check((await fetched(other, "/logout", { method: "POST" })).status === 204, "the login can't be ended");
        check((await fetched(one, "/me")).status === 401, "the login goes on");
    },
    async "CSRF: what a page of another site makes the browser send is refused"() {
        const shop = await at(browser, "https://shop.example/cart");
        await fetched(shop, "/cart", { method: "DELETE" });
        check((await fetched(shop, "/cart/1", { method: "POST" })).status === 204, "the site's own page is refused");
        const page = await at(browser, "https://other.example/", "Network");
        const replies = [];
        page.listeners.push(({ method, params }) => {
            if (method === "Network.responseReceived" && params.response.url === "https://shop.example/cart/9")
                replies.push(params.response.status);
        });
        await page.value(`fetch("https://shop.example/cart/9", { method: "POST", mode: "no-cors", credentials: "include" })`);
        await page.value(`(() => {
            const form = document.createElement("form");
            form.method = "post";
            form.action = "https://shop.example/cart/9";
            document.body.append(form);
            form.submit();
        })()`);
        await page.until("location.host === 'shop.example' && document.readyState === 'complete'", "the form's reply");
        check(replies.length === 2 && replies.every((status) => status === 403), `replies ${replies}`);
        check((await fetched(shop, "/cart")).text === `{"items":[1]}`, "something went into the cart");
    },
});
