// The sheet of a price list: arrows and Enter go from row to row, tiers are added at once, and nobody leaves with unsaved prices unasked.
const sheet = document.querySelector("[data-sheet]");

const before = sheet && ("typed" in sheet.dataset ? "" : written());
let leaving = false;

function written() {
  return JSON.stringify([...new FormData(sheet)].filter(([name]) => name !== "csrfmiddlewaretoken"));
}

/** The field of the same column in the next row, or in the one before. */
function beside(field, step) {
  const column = [...sheet.querySelectorAll(`[data-column="${field.dataset.column}"]`)];
  return column[column.indexOf(field) + step];
}

sheet?.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    sheet.requestSubmit(sheet.querySelector("[data-save]"));
    return;
  }
  const field = event.target.closest("[data-column]");
  if (!field || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const step = { ArrowDown: 1, ArrowUp: -1, Enter: event.shiftKey ? -1 : 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = beside(field, step);
  next?.focus();
  next?.select();
});

// Another empty tier without asking the server: a copy of the last one, one place further.
sheet?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-more]");
  if (!button) return;
  const count = button.closest(".tiers").querySelector("[data-count]");
  const last = [...button.closest(".tiers").querySelectorAll("[data-tier]")].pop();
  if (!last) return;
  event.preventDefault();
  const place = Number(count.value);
  const made = last.cloneNode(true);
  for (const error of made.querySelectorAll(".field__error")) error.remove();
  for (const input of made.querySelectorAll("input")) {
    input.name = input.id = input.name.replace(/([tc])\d+-(\w+)$/, `$1${place}-$2`);
    input.value = "";
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    input.previousElementSibling.htmlFor = input.id;
  }
  count.value = String(place + 1);
  last.after(made);
  made.querySelector("input").focus();
});

// A way of pricing that has more to say opens where it is said.
sheet?.addEventListener("change", (event) => {
  if (event.target.matches("[data-pricing]") && event.target.value !== "unit") {
    event.target.closest("[data-row]").querySelector("details").open = true;
  }
});

sheet?.addEventListener("submit", () => { leaving = true; });
window.addEventListener("beforeunload", (event) => {
  if (sheet && !leaving && written() !== before) event.preventDefault();
});
window.addEventListener("pageshow", () => { leaving = false; });
