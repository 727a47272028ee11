// A server of Node's standard library: usage: node node.cjs FOLDER PORT SECURE CERT
const fs = require("fs"), path = require("path"), zlib = require("zlib");
const http = require("http"), http2 = require("http2");
const [folder, port, secure, cert] = process.argv.slice(2);

function answer(request, reply) {
    const [name] = request.url.split("?");
    const hop = request.httpVersionMajor === 1;
    if (name === "/echo") {
        reply.writeHead(200, { "content-type": request.headers["content-type"] || "text/plain" });
        request.pipe(reply);
    } else if (name === "/how") { // how the content was framed
        request.resume().on("end", () => reply.end(`${request.headers["transfer-encoding"] || request.headers["content-length"] || "-"}\n`));
    } else if (name === "/refuse") { // without reading what is sent
        reply.writeHead(413, hop ? { connection: "close" } : {});
        reply.end("too much\n");
    } else if (name === "/moved") {
        reply.writeHead(302, { location: "/small.txt" });
        reply.end();
    } else if (name === "/loop") {
        reply.writeHead(302, { location: "/loop" });
        reply.end();
    } else if (name === "/hints") {
        reply.writeEarlyHints({ link: "</a.css>; rel=preload" });
        reply.end("hinted\n");
    } else if (name === "/trailers") {
        reply.writeHead(200, hop ? { trailer: "x-sum" } : {});
        reply.write("with ");
        reply.addTrailers({ "x-sum": "1" });
        reply.end("trailers\n");
    } else if (name.startsWith("/coded/")) {
        const coding = name.slice(7), text = Buffer.alloc(100000, "coded ");
        const coded = coding === "gzip" ? zlib.gzipSync(text) : zlib.deflateSync(text);
        reply.writeHead(200, { "content-encoding": coding });
        reply.end(coded);
    } else if (name === "/private") {
        const good = request.headers.authorization === "Basic " + Buffer.from("ada:secret").toString("base64");
        reply.writeHead(good ? 200 : 401);
        reply.end(good ? "welcome\n" : "who?\n");
    } else if (name === "/cut") {
        reply.writeHead(200, { "content-length": 100 });
        reply.write("not all", () => (hop ? reply.socket : reply.stream).destroy());
    } else {
        const file = path.join(folder, decodeURIComponent(name));
        fs.stat(file, (error, status) => {
            if (error || !status.isFile()) {
                reply.writeHead(404);
                reply.end();
                return;
            }
            const range = /^bytes=(\d+)-$/.exec(request.headers.range || "");
            const start = range ? Number(range[1]) : 0;
            if (range && start >= status.size) {
                reply.writeHead(416, { "content-range": `bytes */${status.size}` });
                reply.end();
                return;
            }
            const fields = { "content-length": status.size - start };
            if (range)
                fields["content-range"] = `bytes ${start}-${status.size - 1}/${status.size}`;
            reply.writeHead(range ? 206 : 200, fields);
            if (request.method === "HEAD")
                reply.end();
            else
                fs.createReadStream(file, { start }).pipe(reply);
        });
    }
}

http.createServer(answer).listen(Number(port), "127.0.0.1");
http2.createSecureServer({ allowHTTP1: true, cert: fs.readFileSync(`${cert}/localhost.crt`), key: fs.readFileSync(`${cert}/localhost.key`) },
                         answer).listen(Number(secure), "127.0.0.1");
