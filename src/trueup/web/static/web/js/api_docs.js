// The operations of the API, shown and tried: all from this server, nothing asked of any other.
const place = document.getElementById("operations");

SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null, // no badge of another site
  withCredentials: false,
});
