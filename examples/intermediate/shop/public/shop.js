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
