// A client by Node's ws that echoes, one connection after the other, for judge_client.py. usage: node echo_client.cjs MODULE_DIR URL
const WebSocket = require(process.argv[2]);

function open() {
  const socket = new WebSocket(process.argv[3], {maxPayload: 32 * 1024 * 1024, perMessageDeflate: {threshold: 0}});
  let refused = false;
  socket.on("error", error => { refused = error.code === "ECONNREFUSED"; });
  socket.on("message", (data, isBinary) => socket.send(data, {binary: isBinary}));
  socket.on("close", () => { if (!refused) open(); });
}

open();
