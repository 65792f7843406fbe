// What somebody is writing is kept in this window until it has been sent: neither a session that
// ended nor a page left by mistake shall cost a paragraph. Signing out forgets all of it.

const DRAFT = "draft:";
const SENT = "sent:";

const key = (field) => `${DRAFT}${location.pathname}|${field.form?.getAttribute("action") ?? ""}|${field.name}`;
const kept = (field) => field.matches("textarea") && field.name && field.form?.method === "post";
const stored = (start) => Object.keys(sessionStorage).filter((name) => name.startsWith(start));

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!kept(field)) return;
  if (field.value) sessionStorage.setItem(key(field), field.value);
  else sessionStorage.removeItem(key(field));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (new URL(form.action, location.href).pathname === "/sign-out") {
    for (const name of [...stored(DRAFT), ...stored(SENT)]) sessionStorage.removeItem(name);
    return;
  }
  for (const field of form.querySelectorAll("textarea")) {
    if (kept(field)) sessionStorage.setItem(SENT + key(field), "1");
  }
});

// The page that follows tells what became of it: at the door it has not arrived.
function settle() {
  const arrived = document.body.classList.contains("signed-in");
  for (const name of stored(SENT)) {
    if (arrived) sessionStorage.removeItem(name.slice(SENT.length));
    sessionStorage.removeItem(name);
  }
}

function restore(field) {
  const text = sessionStorage.getItem(key(field));
  if (!text || field.value) return;
  field.value = text;
  const fold = field.closest("details");
  if (fold) fold.open = true;
  const note = document.createElement("p");
  note.className = "hint";
  note.setAttribute("role", "status");
  note.textContent = document.body.dataset.restored;
  field.after(note);
}

document.addEventListener("DOMContentLoaded", () => {
  settle();
  for (const field of document.querySelectorAll("textarea")) if (kept(field)) restore(field);
});
