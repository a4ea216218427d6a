// How long until a deadline, by the server's clock.

import { now } from "./page.js";

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** Every deadline on the page anew. Nobody is told aloud: it changes all the time. */
export function countDown() {
  for (const place of document.querySelectorAll("[data-deadline]")) {
    const says = place.dataset.saysLeft ? place.dataset : document.getElementById("report")?.dataset;
    if (!says) continue;
    let seconds = Math.floor((new Date(place.dataset.deadline) - now()) / 1000);
    if (seconds <= 0) {
      place.textContent = says.saysPassed;
      continue;
    }
    const parts = [];
    for (const [unit, size] of UNITS) {
      const count = Math.floor(seconds / size);
      seconds -= count * size;
      if (count && parts.length < 2) parts.push(new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "long" }).format(count));
    }
    if (parts.length) place.textContent = says.saysLeft.replace("{time}", parts.join(" "));
  }
}
