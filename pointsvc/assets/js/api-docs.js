// The readable page of the API document. Kept out of the page because its policy allows no inline script.
window.addEventListener("load", () => {
  const place = document.getElementById("swagger-ui-container");
  window.SwaggerUIBundle({ url: place.dataset.document, domNode: place, validatorUrl: null, deepLinking: true });
});
