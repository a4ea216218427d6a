// What every page does: menus that close, sessions that ended during a request, notices for screen readers.

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details[data-closes][open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details[data-closes][open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

// A fragment cannot show the sign-in page: the whole page goes there, and comes back.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const signIn = event.detail.xhr.getResponseHeader("X-Sign-In");
  if (event.detail.xhr.status !== 401 || !signIn) return;
  event.preventDefault();
  window.location.assign(signIn);
});

/** Say something to people who do not see the page change. */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (!announcer) return;
  announcer.textContent = "";
  window.setTimeout(() => { announcer.textContent = text; }, 50);
}

/** The present time by the server's clock: what it said when the page was made, and what has passed since. */
const loadedAt = performance.now();
export function now() {
  return new Date(new Date(document.body.dataset.now).getTime() + performance.now() - loadedAt);
}
