new EventSource("/ticks").onmessage = ({ data }) => {
    document.querySelector("#price").value = JSON.parse(data).price.toFixed(2);
};

fetch("/products").then((reply) => reply.json()).then((products) => {
    for (const { name, price, stock } of products) {
        const item = document.createElement("li");
        item.textContent = `${name}: ${(price.cents / 100).toFixed(2)} ${price.currency}, ${stock} left`;
        document.querySelector("#products").append(item);
    }
});

const chat = new WebSocket(new URL("/chat/lobby", location.href.replace(/^http/, "ws")));
chat.onmessage = ({ data }) => {
    const { from, text } = JSON.parse(data), item = document.createElement("li");
    item.textContent = `${from}: ${text}`;
    document.querySelector("#heard").append(item);
};
document.querySelector("#say").onsubmit = (event) => {
    const text = document.querySelector("#text");
    event.preventDefault();
    if (text.value !== "") chat.send(JSON.stringify({ text: text.value }));
    text.value = "";
};
