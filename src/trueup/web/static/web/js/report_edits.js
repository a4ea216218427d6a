// What is edited and not saved: collected from the form, and put into it again.

const COMMENT_FIELDS = ["comment", "was_comment", "reason", "was_reason"];

export const root = () => document.getElementById("report");
export const form = () => document.getElementById("report-form");
export const lines = () => [...document.querySelectorAll("tbody[data-line]")];
export const lineOf = (element) => element.closest("tbody[data-line]");
export const cellOf = (line) => line.querySelector("[data-cell]");
export const wasOf = (line) => line.querySelector("[data-was]");

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

/** The language the form was made in, and how it writes numbers. */
export const language = () => form().querySelector("[data-language]").value;
export const marks = () => ({ decimal: root().dataset.decimal, grouping: root().dataset.grouping });

/**
 * Put edits into the form; returns the lines that got one. `version` of an edit: that of the report it was typed into, if it is not
 * this one. What the server has changed since is for the server to find: the form then says which version it knows. A value that is
 * null is what is saved.
 */
export function put(edits) {
  const now = version();
  let oldest = now;
  const changed = [];
  for (const line of lines()) {
    const edit = edits[line.dataset.line];
    if (!edit || !cellOf(line)) continue;
    const known = edit.version ?? now;
    const cell = putChargeable(line, edit.chargeable, known === now);
    const comment = putComment(line, edit.comment, known === now);
    if (!cell && !comment) continue;
    changed.push(line);
    if (Number(known) < Number(oldest)) oldest = known;
  }
  if (oldest !== now) form().querySelector("[data-version]").value = oldest;
  return changed;
}

function putChargeable(line, edit, fresh) {
  const cell = cellOf(line);
  const mine = edit && (edit.mine ?? wasOf(line).value);
  if (!edit || mine.trim() === cell.value.trim()) return false;
  cell.value = mine;
  if (!fresh) wasOf(line).value = edit.was;
  return true;
}

function putComment(line, edit, fresh) {
  if (edit === undefined) return false;
  const saved = { comment: line.dataset.comment, reason: line.dataset.reason };
  if (same(edit ?? saved, commentOf(line))) return false;
  setComment(line, fresh ? { comment: (edit ?? saved).comment, reason: (edit ?? saved).reason } : edit);
  return true;
}

export const same = (one, other) => one?.comment === other?.comment && one?.reason === other?.reason;
