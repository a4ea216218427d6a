// Keys: the chargeable units are moved through like the cells of a spreadsheet. Every key is also a button or a link.

import { announce } from "./page.js";
import { cellOf, lineOf, root, wasOf } from "./report_edits.js";
import { openComment } from "./report_comment.js";
import { save } from "./report_save.js";

const OFF = "trueup-single-keys-off";

export function singleKeys() {
  try { return localStorage.getItem(OFF) === null; } catch { return true; }
}

function setSingleKeys(on) {
  try { if (on) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1"); } catch { /* then they work */ }
}

const cells = (near) => [...near.closest("form").querySelectorAll("section:not([hidden]) [data-cell]")];

function move(cell, event) {
  const all = cells(cell);
  const at = all.indexOf(cell);
  const to = {
    ArrowDown: at + 1, ArrowUp: at - 1, Enter: event.shiftKey ? at - 1 : at + 1, Home: 0, End: all.length - 1,
  }[event.key];
  if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.shiftKey && event.key !== "Enter") return false;
  const next = all[Math.max(0, Math.min(to, all.length - 1))];
  next.focus();
  next.select();
  return true;
}

function takeBack(cell) {
  const was = wasOf(lineOf(cell)).value;
  if (cell.value === was) return;
  cell.value = was;
  cell.dispatchEvent(new Event("input", { bubbles: true }));
  cell.select();
  announce(root().dataset.saysRestoredCell.replace("{value}", was));
}

const isText = (element) => element.matches("textarea, select, input:not([data-cell], [type='checkbox'])");

function onKey(event) {
  if (event.defaultPrevented || !root()) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    if (!document.querySelector("dialog[open]")) save();
    return;
  }
  if (document.querySelector("dialog[open]") || event.isComposing) return;
  const cell = event.target.closest?.("[data-cell]");
  if (cell && (move(cell, event) || event.key === "Escape")) {
    event.preventDefault();
    if (event.key === "Escape") takeBack(cell);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys() || isText(event.target)) return;
  single(event);
}

function single(event) {
  const line = event.target.closest?.("tbody[data-line]");
  if (event.key === "?") {
    event.preventDefault();
    showKeys();
  } else if (event.key === "c" && line && cellOf(line)) {
    event.preventDefault();
    openComment(line, event.target);
  }
}

function showKeys() {
  const dialog = document.getElementById("keys-dialog");
  if (!dialog) return;
  dialog.querySelector("[data-single-keys]").checked = singleKeys();
  dialog.showModal();
}

export function listen() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => { if (event.target.closest("[data-keys]")) showKeys(); });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-single-keys]")) setSingleKeys(event.target.checked);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-cell]:focus-visible")) event.target.select();
  });
}

