// Passkeys: the library's script does the work; this says in words what went wrong, beside the button.

const notes = document.getElementById("passkey-notes");

function say(which) {
  if (!notes) return;
  notes.textContent = "";
  window.setTimeout(() => { notes.textContent = notes.dataset[which]; }, 50);
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const name = event.detail.exception?.name;
  if (name === "NotAllowedError" || name === "AbortError") say("refused");
  else if (name === "InvalidStateError") say("known");
  else if (name === "SecurityError") say("insecure");
  else say("unreachable");
});

// Where passkeys cannot work, the button says so instead of failing in silence.
const isAddress = /^[\d.]+$|^\[/.test(window.location.hostname);
for (const button of document.querySelectorAll("[data-passkey]")) {
  const why = !window.isSecureContext || isAddress ? "insecure" : window.PublicKeyCredential ? "" : "unable";
  if (why) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      say(why);
    }, { capture: true });
  }
}

// The buttons appear when a click on them does something: without scripts they would do nothing.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-passkey]")) button.hidden = false;
});
