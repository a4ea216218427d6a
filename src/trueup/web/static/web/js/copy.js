// Buttons that copy what stands in a field: `data-copy` names the field, `data-copied` says that it was done.
import { announce } from "./page.js";

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
      announce(button.dataset.copied);
      button.querySelector("span").textContent = button.dataset.copied;
    } catch {
      field.focus();
      field.select();
    }
  });
}
