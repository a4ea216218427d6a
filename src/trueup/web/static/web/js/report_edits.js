// What is edited and not saved: collected from the form, kept in the browser until the server has it, put back after a lost
// session or a crash. Kept by person and report, so that nobody else at this computer sees it.

const PREFIX = "trueup-draft/";
const COMMENT_FIELDS = ["comment", "was_comment", "reason", "was_reason"];

export const root = () => document.getElementById("report");
export const form = () => document.getElementById("report-form");
export const lines = () => [...document.querySelectorAll("tbody[data-line]")];
export const lineOf = (element) => element.closest("tbody[data-line]");
export const cellOf = (line) => line.querySelector("[data-cell]");
export const wasOf = (line) => line.querySelector("[data-was]");
const key = () => PREFIX + root().dataset.report;

/** The comment of a line as it is typed, and as it is saved. */
export function commentOf(line) {
  const field = (name) => line.querySelector(`[data-typed="${name}"]`)?.value;
  return {
    comment: field("comment") ?? line.dataset.comment,
    was_comment: field("was_comment") ?? line.dataset.comment,
    reason: field("reason") ?? line.dataset.reason,
    was_reason: field("was_reason") ?? line.dataset.reason,
  };
}

/** Put a comment into the form: fields are made when there is something to send. */
export function setComment(line, values) {
  for (const old of line.querySelectorAll("[data-typed]")) old.remove();
  const saved = { was_comment: line.dataset.comment, was_reason: line.dataset.reason };
  const wanted = { ...saved, ...values };
  if (wanted.comment === wanted.was_comment && wanted.reason === wanted.was_reason) return;
  for (const name of COMMENT_FIELDS) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: `${name}-${line.dataset.line}`, value: wanted[name] });
    field.dataset.typed = name;
    cellOf(line).parentElement.append(field);
  }
}

/** What differs from what the server has, by line. */
export function collect() {
  const edits = {};
  for (const line of lines()) {
    const cell = cellOf(line);
    if (!cell) continue;
    const edit = {};
    if (cell.value.trim() !== wasOf(line).value.trim()) edit.chargeable = { mine: cell.value, was: wasOf(line).value };
    if (line.querySelector("[data-typed]")) edit.comment = commentOf(line);
    if (Object.keys(edit).length) edits[line.dataset.line] = edit;
  }
  return edits;
}

export const version = () => form().querySelector("[data-version]").value;

/** Keep what is not saved; nothing is kept when there is nothing. */
export function keep() {
  const edits = collect();
  const count = Object.keys(edits).length;
  try {
    if (count) localStorage.setItem(key(), JSON.stringify({ version: version(), at: new Date().toISOString(), edits }));
    else localStorage.removeItem(key());
  } catch { /* a browser that keeps nothing still edits and saves */ }
  return count;
}

export function kept() {
  try {
    return JSON.parse(localStorage.getItem(key()) ?? "null");
  } catch {
    return null;
  }
}

export function forget() {
  try { localStorage.removeItem(key()); } catch { /* see keep */ }
}

/**
 * Put edits into the form; returns the names of the lines that got one. `sent`: what a save has just sent, which is not new.
 * What the server has changed meanwhile is for the server to find: the form then says which version it knows.
 */
export function put(edits, knownVersion, sent = {}) {
  const changed = [];
  for (const line of lines()) {
    const edit = edits[line.dataset.line];
    const cell = cellOf(line);
    if (!edit || !cell) continue;
    const before = sent[line.dataset.line] ?? {};
    let put = false;
    if (edit.chargeable && edit.chargeable.mine !== before.chargeable?.mine && edit.chargeable.mine.trim() !== cell.value.trim()) {
      cell.value = edit.chargeable.mine;
      if (knownVersion !== version()) wasOf(line).value = edit.chargeable.was;
      put = true;
    }
    if (edit.comment && !same(edit.comment, before.comment) && !same(edit.comment, commentOf(line))) {
      setComment(line, knownVersion === version() ? { comment: edit.comment.comment, reason: edit.comment.reason } : edit.comment);
      put = true;
    }
    if (put) changed.push(line);
  }
  if (changed.length && knownVersion !== version()) form().querySelector("[data-version]").value = knownVersion;
  return changed;
}

const same = (one, other) => one?.comment === other?.comment && one?.reason === other?.reason;
