// Approving several reports, some at a time. If the server stops answering, what is left waits for a second confirmation.

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  form.querySelector("button.button--primary").setAttribute("aria-disabled", "true");
});

function interrupted(event) {
  const rest = event.target.closest?.("form[data-rest]");
  if (rest) {
    rest.querySelector("[data-waiting]").hidden = true;
    rest.querySelector("[data-interrupted]").hidden = false;
    rest.querySelector("button").focus();
    return;
  }
  const first = event.target.closest?.("form[data-once]");
  first?.querySelector("button.button--primary").removeAttribute("aria-disabled");
}

for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, interrupted);

// An answer that is a refusal must not replace what is left.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 500) event.detail.shouldSwap = false;
});

// The first answer replaces the question: go on reading at the results.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "bulk") document.getElementById("results-heading")?.focus({ preventScroll: true });
});
