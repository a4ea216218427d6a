// The reviewer's keys, dialogs and selection. Without this file everything is there as links and forms.

import { announce } from "./page.js";
import "./once.js";

const SWITCH = "trueup-review-keys";

/** Single keys can be switched off, for people whose software types them by mistake. */
function keysAreOn() {
  try { return window.localStorage.getItem(SWITCH) !== "off"; } catch { return true; }
}

function isTyping(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

// ── dialogs: a link leads to the same form on a page of its own ──

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      open(dialog);
    }
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog").close();
  if (event.target.closest("[data-keys-open]")) open(document.getElementById("review-keys"));
});

function open(dialog) {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.querySelector("textarea")?.focus();
}

for (const button of document.querySelectorAll("[data-keys-open]")) button.hidden = false;
for (const box of document.querySelectorAll("[data-keys-switch]")) {
  box.checked = keysAreOn();
  box.addEventListener("change", () => {
    try { window.localStorage.setItem(SWITCH, box.checked ? "on" : "off"); } catch { /* the browser keeps nothing */ }
  });
}

// ── keys ──

const rows = () => [...document.querySelectorAll("[data-row]")];

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
  const link = all[next].querySelector("th a");
  link.focus();
  all[next].scrollIntoView({ block: "nearest" });
}

function select() {
  const box = document.activeElement?.closest("[data-row]")?.querySelector("input[type=checkbox]");
  if (box) {
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: select,
  "/": () => document.getElementById("filter-search")?.focus(),
  "?": () => open(document.getElementById("review-keys")),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest("[data-row]")) {
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (!keysAreOn()) return;
  const marked = /^[a-z]$/.test(event.key) ? document.querySelector(`[data-key="${event.key}"]`) : null;
  if (!marked && !(event.key in KEYS)) return;
  event.preventDefault();
  if (marked) marked.click();
  else KEYS[event.key]();
});

// ── selecting rows ──

function count(form) {
  const boxes = [...form.querySelectorAll("input[name=key]")];
  const chosen = boxes.filter((box) => box.checked).length;
  const all = form.querySelector("[data-select-all]");
  if (all) {
    all.closest("label").hidden = boxes.length === 0;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  const { none, one, many } = form.dataset;
  const said = chosen === 0 ? none : chosen === 1 ? one : many.replace("{count}", String(chosen));
  const told = form.querySelector("[data-selected]");
  if (told) told.textContent = said;
  const button = form.querySelector("button[value=selected]");
  if (button) button.setAttribute("aria-disabled", String(chosen === 0));
  return said;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-selection]");
  if (!form) return;
  if (event.target.matches("[data-select-all]")) {
    for (const box of form.querySelectorAll("input[name=key]")) box.checked = event.target.checked;
  }
  count(form);
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-selection]");
  if (form && event.submitter?.value === "selected" && event.submitter.getAttribute("aria-disabled") === "true") {
    event.preventDefault();
    announce(form.dataset.none);
  }
});

function prepare() {
  for (const form of document.querySelectorAll("form[data-selection]")) count(form);
}
prepare();
window.addEventListener("pageshow", prepare);
document.addEventListener("htmx:afterSwap", prepare);
document.addEventListener("htmx:afterSettle", (event) => {
  const list = document.getElementById("inbox");
  if (list && event.target === list) announce(list.querySelector(".pager p, .empty h2")?.textContent.trim() ?? "");
});
