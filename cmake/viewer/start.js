"use strict";
SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#viewer",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    onComplete() {
        const title = document.querySelector("#viewer .title");
        if (title !== null)
            document.title = title.firstChild.textContent;
    },
});
