// The operations of the API, shown and tried: all from this server, nothing asked of any other.
const place = document.getElementById("operations");
const page = document.documentElement;

// The library's dark looks have a name of their own; ours are the person's choice, else the system's.
const system = matchMedia("(prefers-color-scheme: dark)");
const shade = () => page.classList.toggle("dark-mode", page.dataset.theme === "dark" || (page.dataset.theme === "system" && system.matches));
system.addEventListener("change", shade);
shade();

SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [() => ({ wrapComponents: { ServersContainer: () => () => null } })], // there is one server: this one
  deepLinking: true,
  docExpansion: "none",
  syntaxHighlight: { activated: false }, // its colors cannot be read on its grounds
  validatorUrl: null, // no badge of another site
  withCredentials: false,
});
