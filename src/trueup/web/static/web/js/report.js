// Report details: tabs, live sums, unsaved edits, and what the other files of the page need to be told.

import { announce } from "./page.js";
import { cellOf, commentOf, form, lineOf, lines, put, root, wasOf } from "./report_edits.js";
import * as comments from "./report_comment.js";
import { countDown } from "./report_deadline.js";
import { forget, forThisPage, kept } from "./report_kept.js";
import * as keys from "./report_keys.js";
import { plain, read, signed, write } from "./report_numbers.js";
import * as saving from "./report_save.js";

/** Show a line as it is typed: its change, whether its default differs, whether it waits for its comment. */
function show(line) {
  const cell = cellOf(line);
  if (!cell) return;
  const marks = root().dataset;
  const value = read(cell.value, marks) ?? (cell.value.trim() === "" ? plain(line.dataset.default) : null);
  const change = value === null ? null : value - plain(line.dataset.default);
  line.querySelector("[data-change]").textContent = change === null ? "–" : signed(change, marks);
  line.querySelector("[data-default-shown]").hidden = change === 0n;
  line.classList.toggle("line--edited", change !== 0n);
  const typed = commentOf(line);
  const unsaved = cell.value.trim() !== wasOf(line).value.trim() || typed.comment !== typed.was_comment || typed.reason !== typed.was_reason;
  line.classList.toggle("line--unsaved", unsaved);
  line.classList.toggle("line--commented", typed.comment !== "");
  showComment(line, typed);
}

/** The comment as it will be saved, below the figures. */
function showComment(line, typed) {
  let place = line.querySelector("[data-comment-typed]");
  if (typed.comment === typed.was_comment && typed.reason === typed.was_reason) {
    place?.remove();
    return;
  }
  if (!place) {
    place = document.createElement("tr");
    place.className = "line__notes";
    place.dataset.commentTyped = "";
    const cell = place.insertCell();
    cell.colSpan = 9;
    line.append(place);
  }
  const said = document.createElement("span");
  said.className = "quote";
  said.textContent = [typed.comment, typed.reason].filter(Boolean).join(" · ");
  place.firstElementChild.replaceChildren(said);
}

/** Sums of the lines with the same unit, as they are typed. One that can't be read leaves its sum open. */
function addUp(section) {
  const marks = root().dataset;
  const sums = new Map();
  for (const line of section.querySelectorAll("tbody[data-line]")) {
    const cell = cellOf(line);
    if (!cell) return;
    const fallback = plain(line.dataset.default);
    const value = cell.value.trim() === "" ? fallback : read(cell.value, marks);
    const sum = sums.get(line.dataset.unit) ?? { value: 0n, change: 0n };
    sums.set(line.dataset.unit, value === null || sum.value === null
      ? { value: null, change: null } : { value: sum.value + value, change: sum.change + value - fallback });
  }
  for (const [unit, sum] of sums) {
    const row = section.querySelector(`tr[data-sums="${CSS.escape(unit)}"]`);
    const total = row.querySelector("[data-sum='chargeable']");
    total.textContent = sum.value === null ? "–" : write(sum.value, marks, Number(total.dataset.decimals));
    row.querySelector("[data-sum='change']").textContent = sum.change === null ? "–" : signed(sum.change, marks);
    section.querySelector(`[data-sum-of="${CSS.escape(unit)}"]`).textContent = total.textContent;
  }
}

function showAll() {
  if (!form()) return;
  for (const element of document.querySelectorAll("[data-needs-script], [data-keys]")) element.hidden = false;
  lines().forEach(show);
  document.querySelectorAll("section[data-group]").forEach(addUp);
  markSelected();
  countDown();
}

function touched(line) {
  show(line);
  addUp(line.closest("section"));
  saving.edited();
}

/** Open a tab without leaving the page: what is typed in the others stays. */
function openTab(code) {
  const sections = [...document.querySelectorAll("section[data-group]")];
  if (code !== "all" && !sections.some((section) => section.dataset.group === code)) return;
  for (const section of sections) section.hidden = code !== "all" && section.dataset.group !== code;
  for (const link of document.querySelectorAll("[data-tab]")) {
    if (link.dataset.tab === code) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  form().querySelector("[data-group-field]").value = code;
}

function goTo(line) {
  const section = line.closest("section");
  if (section.hidden) openTab(section.dataset.group);
  (cellOf(line) ?? line).focus({ preventScroll: true });
  line.scrollIntoView({ block: "center" });
}

function onClick(event) {
  const plainClick = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  const tab = event.target.closest("[data-tab]");
  if (tab && plainClick) {
    event.preventDefault();
    openTab(tab.dataset.tab);
    history.replaceState(history.state, "", tab.getAttribute("href"));
  }
  const link = event.target.closest("[data-to-line], [data-to-field]");
  const target = link && document.getElementById(link.hash.slice(1));
  if (target && plainClick) {
    event.preventDefault();
    goTo(lineOf(target) ?? target);
  }
  const undo = event.target.closest("[data-undo]");
  if (undo) {
    event.preventDefault();
    const line = lineOf(undo);
    cellOf(line).value = undo.dataset.undo;
    touched(line);
    cellOf(line).focus();
    announce(root().dataset.saysDefault.replace("{value}", undo.dataset.undo));
  }
}

/** Edits of an earlier visit, or of another tab, that the server never got. */
function restore() {
  const found = kept();
  if (!Object.keys(found).length || !form()) return;
  const says = root().dataset;
  const last = Object.values(found).map((entry) => entry.at).sort().at(-1);
  const time = new Date(last).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  if (says.editable !== "yes") {
    const typed = ([service, { edit }]) => `${service} ${edit.chargeable?.mine ?? edit.comment?.comment ?? ""}`;
    notice([says.saysOrphaned.replace("{time}", time).replace("{list}", () => Object.entries(found).map(typed).join(", "))], found);
    return;
  }
  const here = new Set(lines().map((line) => line.dataset.line));
  const { edits, retype } = forThisPage(Object.fromEntries(Object.entries(found).filter(([service]) => here.has(service))));
  const changed = put(edits);
  const back = new Set(changed.map((line) => line.dataset.line));
  forget(Object.keys(found).filter((service) => !back.has(service) && !(service in retype)));
  const said = [];
  if (changed.length) said.push(says.saysRestored.replace("{time}", time).replace("{count}", String(changed.length)));
  const again = lines().filter((line) => line.dataset.line in retype).map((line) => `${line.dataset.name} ${retype[line.dataset.line]}`);
  if (again.length) said.push(says.saysRetype.replace("{list}", () => again.join("; ")));
  if (said.length) notice(said, found);
  if (changed.length) saving.edited();
}

function notice(sentences, found) {
  const box = document.getElementById("restored");
  const said = document.createElement("span");
  said.textContent = sentences.join(" ");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button button--small", textContent: root().dataset.saysDiscard });
  button.addEventListener("click", () => {
    forget(Object.keys(found));
    saving.discard();
    window.location.reload();
  });
  box.replaceChildren(said, button);
  box.hidden = false;
}

/** What is behind a line has come: for a keyboard the way goes on there, and back by its link. */
let wanted = false;
function onPanel(event) {
  if (event.detail.target?.id !== "line-place") return;
  markSelected();
  if (wanted) document.getElementById("line-panel").focus();
  wanted = false;
}

/** Whose days and customers are beside the table. */
function markSelected() {
  const panel = document.getElementById("line-panel");
  for (const line of lines()) {
    const here = line.dataset.line === panel.dataset.panel;
    line.classList.toggle("line--selected", here);
    const link = line.querySelector("[data-panel-link]");
    if (here) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function start() {
  if (!root()) return;
  restore();
  showAll();
  if (document.readyState === "complete") arrive();
  else window.addEventListener("load", () => window.setTimeout(arrive)); // after the browser itself went to the place
}

/** To the line of the address, or to what is wrong. */
function arrive() {
  const target = location.hash.startsWith("#line-") && document.getElementById(location.hash.slice(1));
  if (target && lineOf(target)) goTo(lineOf(target));
  else document.querySelector("#report-form [aria-invalid='true'], #conflict")?.focus();
}

document.addEventListener("input", (event) => { if (event.target.matches("[data-cell]")) touched(lineOf(event.target)); });
document.addEventListener("click", onClick);
document.addEventListener("click", (event) => { if (event.target.closest("[data-panel-link]")) wanted = true; });
document.addEventListener("htmx:afterSettle", onPanel);
document.addEventListener("htmx:historyRestore", start);
saving.listen(showAll);
comments.listen(touched);
keys.listen();
window.setInterval(countDown, 30_000);
start();
