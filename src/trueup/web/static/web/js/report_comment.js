// The comment of a line in a dialog: kept in the form until the draft is saved.

import { announce } from "./page.js";
import { commentOf, lineOf, root, setComment } from "./report_edits.js";

const OWN = "+";
let line = null;
let opener = null;
let changed = () => {};

const dialog = () => document.getElementById("comment-dialog");
const part = (selector) => dialog().querySelector(selector);

function fill({ comment, reason }) {
  const choice = part("#comment-reason");
  part("#comment-text").value = comment;
  const own = reason && ![...choice.options].some((option) => option.value === reason);
  choice.value = own ? OWN : reason;
  part("#comment-own").value = own ? reason : "";
  part("[data-own-error]").hidden = true;
  part("#comment-own").removeAttribute("aria-invalid");
  showOwn();
}

function showOwn() {
  part("#own-reason-field").hidden = part("#comment-reason").value !== OWN;
}

export function openComment(of, from) {
  if (!dialog()) return;
  line = of.dataset.line;
  opener = from?.id || null;
  const title = part("[data-comment-title]");
  title.textContent = title.dataset.template.replace("{service}", of.dataset.name);
  part("[data-comment-facts]").textContent = [...of.querySelectorAll(".line__figures td[data-label]")]
    .filter((cell) => cell.dataset.fact !== undefined)
    .map((cell) => `${cell.dataset.label} ${(cell.querySelector("[data-cell]")?.value ?? cell.innerText).trim()}`).join(" · ");
  part("[data-last]").hidden = of.dataset.lastComment === undefined;
  part("[data-last-text]").textContent = of.dataset.lastComment ?? "";
  fill(commentOf(of));
  dialog().showModal();
  part("#comment-text").focus();
}

const current = () => document.querySelector(`tbody[data-line="${CSS.escape(line)}"]`);

function take() {
  const choice = part("#comment-reason").value;
  const own = part("#comment-own");
  const reason = choice === OWN ? own.value.trim() : choice;
  if (choice === OWN && !/^[a-z][a-z0-9_]{0,39}$/.test(reason)) {
    part("[data-own-error]").hidden = false;
    own.setAttribute("aria-invalid", "true");
    own.focus();
    return false;
  }
  setComment(current(), { comment: part("#comment-text").value.trim(), reason });
  return true;
}

function back() {
  const place = (opener && document.getElementById(opener)) ?? current()?.querySelector("[data-comment-button]");
  place?.focus();
}

export function listen(afterwards) {
  changed = afterwards;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-comment-button]");
    if (button && dialog()) {
      event.preventDefault();
      openComment(lineOf(button), button);
    }
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    if (event.target.closest("[data-use-last]")) {
      const of = current();
      fill({ comment: of.dataset.lastComment, reason: of.dataset.lastReason ?? "" });
      part("#comment-text").focus();
    }
  });
  document.addEventListener("change", (event) => { if (event.target.id === "comment-reason") showOwn(); });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-comment-form]")) return;
    event.preventDefault();
    if (!take()) return;
    dialog().close();
    changed(current());
    back();
    announce(root().dataset.saysCommentKept);
  });
}
