// What is not saved is kept in the browser until the server has it, and put back after a lost session or a crash. Kept by person and
// report, so that nobody else at this computer sees it. Several tabs of one report keep theirs side by side, line by line. Each line
// says which report it was typed into, and in which language: 1.250 is another number on another page.

import { collect, language, marks, root, version } from "./report_edits.js";
import { rewritten } from "./report_numbers.js";

const PREFIX = "trueup-draft/";
const TAB = crypto.getRandomValues(new Uint32Array(4)).join("-");
const written = new Map(); // the edits of this tab as it kept them last
const key = () => PREFIX + root().dataset.report;

/** By line: its edit, the tab that keeps it, when, and of which version, language and marks the page was. */
export function kept() {
  try {
    const record = JSON.parse(localStorage.getItem(key()) ?? "null");
    return record?.lines ?? withoutLanguage(record);
  } catch {
    return {};
  }
}

/** As pages kept it that did not know yet in which language they were. */
function withoutLanguage(record) {
  const entries = Object.entries(record?.edits ?? {});
  return Object.fromEntries(entries.map(([service, edit]) => [service, { edit, version: record.version, at: record.at }]));
}

function store(entries) {
  try {
    if (Object.keys(entries).length) localStorage.setItem(key(), JSON.stringify({ lines: entries }));
    else localStorage.removeItem(key());
  } catch { /* a browser that keeps nothing still edits and saves */ }
}

/** Keep what is not saved, `edits` instead of what is in the form; returns how many lines. What other tabs keep stays. */
export function keep(edits = collect()) {
  const entries = kept();
  for (const [service, entry] of Object.entries(entries)) {
    if (entry.tab === TAB && !(service in edits)) delete entries[service];
  }
  for (const service of [...written.keys()]) if (!(service in edits)) written.delete(service);
  for (const [service, edit] of Object.entries(edits)) {
    const text = JSON.stringify(edit);
    const theirs = entries[service] && entries[service].tab !== TAB;
    if (theirs && written.get(service) === text) continue; // edited in another tab since
    entries[service] = { edit, tab: TAB, at: new Date().toISOString(), version: version(), language: language(), marks: marks() };
    written.set(service, text);
  }
  store(entries);
  return Object.keys(edits).length;
}

/** Keep some lines no longer, whichever tab they are of. */
export function forget(services) {
  const entries = kept();
  for (const service of services) delete entries[service];
  store(entries);
}

/**
 * What is kept, for the form of this page: `edits` with their numbers written as this page writes them; `retype`, by line, the numbers
 * that nobody can be sure of.
 */
export function forThisPage(entries) {
  const edits = {};
  const retype = {};
  for (const [service, entry] of Object.entries(entries)) {
    const { chargeable, comment } = entry.edit;
    const edit = { version: entry.version };
    if (comment) edit.comment = comment;
    if (chargeable) {
      const from = entry.language === language() ? marks() : entry.marks;
      const mine = rewritten(chargeable.mine, from, marks());
      const was = rewritten(chargeable.was, from, marks());
      if (mine === null || (was === null && entry.version !== version())) retype[service] = chargeable.mine;
      else edit.chargeable = { mine, was: was ?? chargeable.was };
    }
    if (edit.comment || edit.chargeable) edits[service] = edit;
  }
  return { edits, retype };
}
