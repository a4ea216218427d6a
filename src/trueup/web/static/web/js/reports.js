// The list of reports, and pages beside a report: a list that could not be loaded, deadlines.

import { announce } from "./page.js";
import { countDown } from "./report_deadline.js";

const failed = () => document.getElementById("list-failed");

document.addEventListener("htmx:sendError", () => { if (failed()) failed().hidden = false; });
document.addEventListener("htmx:afterSettle", () => {
  if (failed()) failed().hidden = true;
  const list = document.getElementById("report-list");
  if (list) announce(list.dataset.says);
});
countDown();
window.setInterval(countDown, 30_000);
