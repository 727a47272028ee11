// What a browser makes of the wires of examples that speak TLS. Pictures go to `folder`.
import { join } from "node:path";

import { check } from "./check.mjs";

// How the page itself came, and three more requests beside each other.
async function protocols(page) {
    return page.value(`(async () => {
        await Promise.all([1, 2, 3].map((i) => fetch("/?" + i).then((reply) => reply.text())));
        return performance.getEntries().filter((entry) => entry.nextHopProtocol).map((entry) => entry.nextHopProtocol);
    })()`);
}

// Sends messages on a socket, and waits for each echo: what came back, and how the socket ended.
async function echoes(page, url, messages) {
    return page.value(`new Promise((done, fail) => {
        const messages = ${messages}, came = [];
        const socket = new WebSocket(${JSON.stringify(url)});
        socket.binaryType = "arraybuffer";
        socket.onerror = () => fail(new Error("the socket failed"));
        socket.onopen = () => socket.send(messages[0]);
        socket.onmessage = ({ data }) => {
            const sent = messages[came.length];
            came.push(typeof data === "string" ? data === sent : String(new Uint8Array(data)) === String(sent));
            if (came.length < messages.length)
                socket.send(messages[came.length]);
            else
                socket.close(1000);
        };
        socket.onclose = ({ code, wasClean }) => done({ came, code, wasClean });
    })`);
}

const TEXTS = `["hello", "", "καλημέρα 🌍", "x".repeat(1000000)]`;
const BYTES = `[new Uint8Array([0, 255, 128]), new Uint8Array(100000).fill(7)]`;

function judgeEchoes({ came, code, wasClean }, count) {
    check(came.length === count && came.every(Boolean), `echoes ${came}`);
    check(code === 1000 && wasClean, `it ended with ${code}, clean: ${wasClean}`);
}

// The status of the reply that opens the next socket: 101, or 200 in HTTP/2 (RFC 8441, section 5).
function handshake(page) {
    return new Promise((done) => page.listeners.push(({ method, params }) => {
        if (method === "Network.webSocketHandshakeResponseReceived")
            done(params.response.status);
    }));
}

export const wires = (browser, at, folder) => ({
    async "h2 by ALPN"() {
        const page = await browser.page();
        await page.open(`https://${at.https_server}/`);
        const seen = await protocols(page);
        check(seen.length >= 4 && seen.every((protocol) => protocol === "h2"), `it spoke ${seen}`);
        check(await page.value("document.body.textContent") === "hello over TLS\n", "the page has another text");
        check(await page.value("isSecureContext"), "it is no secure context");
    },
    async "wss echo"() {
        const page = await browser.page("Network");
        await page.open(`https://${at.websocket_echo}/text`);
        const opened = handshake(page);
        judgeEchoes(await echoes(page, `wss://${at.websocket_echo}/text`, TEXTS), 4);
        judgeEchoes(await echoes(page, `wss://${at.websocket_echo}/bytes`, BYTES), 2);
        check([101, 200].includes(await opened), `it was opened with ${await opened}`);
    },
    async "wss with deflate"() {
        const page = await browser.page();
        await page.open(`https://${at.ws_permessage_deflate}/context`);
        judgeEchoes(await echoes(page, `wss://${at.ws_permessage_deflate}/context`, TEXTS), 4);
    },
    // The page's own connection has told the browser that the server takes sockets there (RFC 8441, section 3).
    async "WebSocket over h2"() {
        const page = await browser.page("Network");
        await page.open(`https://${at.websocket_echo}/text`);
        const opened = handshake(page);
        judgeEchoes(await echoes(page, `wss://${at.websocket_echo}/text`, TEXTS), 4);
        check(await opened === 200, `it was opened with ${await opened}`);
    },
    async "two pages of ws_chat"() {
        const heard = `[...document.querySelectorAll("#heard li")].map((item) => item.textContent)`;
        const pages = {};
        for (const name of ["Ada", "Bob"]) {
            pages[name] = await browser.page();
            await pages[name].open(`https://${at.ws_chat}/?name=${name}`);
            await pages[name].until(`${heard}.some((line) => line.startsWith("${name}: came in"))`, `${name} comes in`);
        }
        for (const [name, text] of [["Ada", "Hello Bob!"], ["Bob", "Hello Ada, καλημέρα"], ["Ada", "<b>plain</b>"]]) {
            await pages[name].value(`document.querySelector("#text").value = ${JSON.stringify(text)}`);
            await pages[name].value(`document.querySelector("#say button").click()`);
            for (const page of Object.values(pages))
                await page.until(`${heard}.includes(${JSON.stringify(`${name}: ${text} (2 here)`)})`, `${name} says ${text}`);
        }
        for (const [name, page] of Object.entries(pages))
            await page.shoot(join(folder, `ws_chat-${name}.png`));
        await pages.Bob.send("Page.close");
        await pages.Ada.until(`${heard}.includes("Bob: left (1 here)")`, "Bob leaves");
        check(await pages.Ada.value(`document.querySelector("#heard b") === null`), "a message became markup");
    },
});
