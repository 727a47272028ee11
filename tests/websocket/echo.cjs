// An echo by Node's ws, for judge.py. usage: node echo.cjs MODULE_DIR
const {WebSocketServer} = require(process.argv[2]);

const server = new WebSocketServer({
  host: "127.0.0.1", port: 0, maxPayload: 32 * 1024 * 1024,
  perMessageDeflate: {threshold: 0},
});
server.on("listening", () => console.log(`listening on 127.0.0.1:${server.address().port}`));
server.on("connection", socket => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, {binary: isBinary}));
});
