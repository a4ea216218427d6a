// Saving without leaving the page: what is typed meanwhile stays, a lost connection is tried again, a lost session loses nothing.

import { announce } from "./page.js";
import { collect, form, put, root, same } from "./report_edits.js";
import { keep } from "./report_kept.js";

const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 120_000;
let sent = {};
let wait = FIRST_WAIT;
let timer = 0;
let leaving = false;
let busy = false;
let next = "";
let refresh = () => {};

const says = (name) => root().dataset[`says${name}`];

/** Show where saving is; `look` is for people who see colors. */
export function state(text, look = "") {
  const place = document.getElementById("save-state");
  if (!place) return;
  place.textContent = text;
  place.dataset.look = look;
}

export function save(then = "stay") {
  const button = document.querySelector(`[data-save][value="${then}"]`);
  if (form() && button) button.click(); // not requestSubmit: htmx asks which button was clicked
}

/** Note that something was edited. */
export function edited() {
  state(keep() ? says("Unsaved") : "", "unsaved");
}

function retryLater() {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => save(), wait);
  wait = Math.min(wait * 2, LONGEST_WAIT);
}

function mine(event) {
  return event.detail.requestConfig?.elt?.id === "report-form";
}

function beforeRequest(event) {
  if (!mine(event)) return;
  window.clearTimeout(timer);
  busy = true;
  sent = collect();
  state(says("Saving"));
}

function afterAnswer(event) {
  if (!mine(event)) return;
  const xhr = event.detail.xhr;
  const saved = xhr.getResponseHeader("X-Report-Saved");
  wait = FIRST_WAIT;
  if (saved === "gone") {
    leaving = true;
    keep(typedSince(collect(), true));
  } else if (xhr.status >= 500) {
    offline(event);
  } else if (xhr.status === 401 || xhr.status === 403) {
    leaving = true; // to sign-in, or to the page that says why not: the edits wait here
    keep();
  }
}

let answered = null;
/** Pressed while a save is on its way, or before what was typed meanwhile is back in the form: it goes on when it is. */
function onSubmit(event) {
  if (event.target.id !== "report-form" || !(busy || answered)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  next = event.submitter?.value ?? "stay";
}

function afterRequest(event) {
  if (!mine(event)) return;
  busy = false;
  if (!event.detail.successful) next = "";
}

/**
 * What was typed since the save was sent, by line. What was taken back meanwhile is an edit again if it has been saved, to what was
 * there before; else it is what the report says (null).
 */
function typedSince(now, saved) {
  const typed = {};
  for (const service of new Set([...Object.keys(sent), ...Object.keys(now)])) {
    const before = sent[service] ?? {};
    const edit = {};
    const mine = now[service]?.chargeable?.mine ?? (saved ? before.chargeable?.was : null);
    if (mine !== before.chargeable?.mine && (now[service]?.chargeable || before.chargeable)) {
      edit.chargeable = { mine, was: before.chargeable?.mine ?? now[service].chargeable.was };
    }
    const comment = now[service]?.comment ?? (saved ? commentBefore(before.comment) : null);
    if ((now[service]?.comment || before.comment) && !(comment && same(comment, before.comment))) {
      edit.comment = comment && before.comment ? { ...comment, was_comment: before.comment.comment, was_reason: before.comment.reason } : comment;
    }
    if (Object.keys(edit).length) typed[service] = edit;
  }
  return typed;
}

const commentBefore = (sentComment) => sentComment && { comment: sentComment.was_comment, reason: sentComment.was_reason };

/** What is typed while the answer comes is put back into the new form. */
function onSwap(event) {
  if (event.detail.target?.id !== "report-form" || !event.detail.xhr) return;
  const { xhr } = event.detail;
  if (xhr.status >= 500) {
    event.detail.shouldSwap = false;
  }
  if (!event.detail.shouldSwap) return;
  const saved = xhr.getResponseHeader("X-Report-Saved");
  answered = { saved, typed: typedSince(collect(), Boolean(saved)), status: xhr.status };
}

function onSettle() {
  if (!answered || !form()) return;
  const { saved, typed, status } = answered;
  answered = null;
  put(typed);
  const left = keep();
  if (saved) {
    state(left ? says("Unsaved") : says("Saved"), left ? "unsaved" : "saved");
    announce(says("Saved"));
  } else if (status >= 400) {
    state(says("Refused"), "bad");
    (document.querySelector("#report-form [aria-invalid='true']") ?? document.getElementById("conflict"))?.focus();
  }
  refresh();
  const then = next;
  next = "";
  if (saved && then) save(then);
}

function offline(event) {
  if (!mine(event)) return;
  keep();
  state(says("Offline"), "bad");
  announce(says("Offline"));
  retryLater();
}

export function listen(afterwards) {
  refresh = afterwards;
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("htmx:beforeRequest", beforeRequest);
  document.addEventListener("htmx:afterRequest", afterRequest);
  document.addEventListener("htmx:beforeOnLoad", afterAnswer);
  document.addEventListener("htmx:beforeSwap", onSwap);
  document.addEventListener("htmx:afterSettle", onSettle);
  document.addEventListener("htmx:sendError", offline);
  document.addEventListener("htmx:timeout", offline);
  window.addEventListener("online", () => { if (form() && timer && Object.keys(collect()).length) save(); });
  window.addEventListener("beforeunload", (event) => {
    if (leaving || !form() || !Object.keys(collect()).length) return;
    event.preventDefault();
  });
}

/** The page is left on purpose, without what is typed in it. */
export function discard() {
  leaving = true;
  keep({});
}
