// A list that was searched says how much it found, to people who do not see it change.
import { announce } from "./page.js";

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "list") return;
  const found = document.querySelector("#list [data-count], #list .pager p, #list .empty h2");
  if (found) announce(found.textContent.trim());
});
