// The roll of a meeting: find a name by its pinyin initials, mark it by a digit, see that it is saved.
// Saving itself is htmx's (see activities/_attendance.html).

const MARKS = { 1: "present", 2: "late", 3: "leave", 4: "absent" };

const rows = () => [...document.querySelectorAll("[data-initials]")];
const shown = () => rows().filter((row) => !row.hidden);

const letters = (text) => text.toLowerCase().replace(/[\s1-4]/g, "");

function filter(text) {
  const wanted = letters(text);
  for (const row of rows()) {
    const known = [row.dataset.initials, row.dataset.name, row.dataset.number];
    row.hidden = !known.some((text) => (text || "").toLowerCase().includes(wanted));
  }
  const none = document.querySelector("[data-none-found]");
  if (none) none.hidden = shown().length > 0;
}

function mark(row, code) {
  const choice = row.querySelector(`input[value="${code}"]`);
  if (!choice || choice.checked) return;
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
}

function focusRow(row) {
  (row.querySelector("input:checked") ?? row.querySelector("input"))?.focus();
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-find]")) filter(event.target.value);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("[data-find]")) inFinder(event);
  else if (event.target.closest("#attendance [data-initials]")) inRow(event);
  else if (event.key === "/" && !event.target.matches("input, textarea, select")) toFinder(event);
});

function toFinder(event) {
  const finder = document.querySelector("[data-find]");
  if (!finder) return;
  event.preventDefault();
  finder.select();
  finder.focus();
}

// With one name left, a digit marks it and the finder is free for the next name.
function inFinder(event) {
  const found = shown();
  if (event.key in MARKS && event.target.value && found.length === 1) {
    event.preventDefault();
    mark(found[0], MARKS[event.key]);
    event.target.value = "";
    filter("");
  } else if (event.key === "Enter" || event.key === "ArrowDown") {
    event.preventDefault();
    if (found.length) focusRow(found[0]);
  } else if (event.key === "Escape") {
    event.target.value = "";
    filter("");
  } else if (event.key === "/") {
    // Whoever presses it before each name shall not search for a stroke.
    toFinder(event);
  }
}

function inRow(event) {
  const row = event.target.closest("[data-initials]");
  const list = shown();
  const at = list.indexOf(row);
  if (event.key in MARKS) {
    event.preventDefault();
    mark(row, MARKS[event.key]);
    focusRow(list[at + 1] ?? row);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    focusRow(list[at + (event.key === "ArrowDown" ? 1 : -1)] ?? row);
  } else if (event.key === "/") {
    toFinder(event);
  }
}

// A mark that is made while the whole roll is being exchanged waits in htmx's queue for a row that is then
// gone, and htmx sends nothing for what is gone. So each choice is remembered until it is answered, and made
// again on the new roll if it did not get there.
const chosen = new Map();

document.addEventListener(
  "change",
  (event) => {
    if (event.target.matches("#attendance fieldset input")) chosen.set(event.target.name, event.target.value);
  },
  true,
);

document.addEventListener("htmx:afterRequest", (event) => {
  const fieldset = event.target.closest?.("#attendance fieldset");
  const sent = event.detail.requestConfig.formData;
  for (const [name, value] of fieldset ? [...chosen] : []) {
    if (event.detail.successful && sent.get(name) === value) chosen.delete(name);
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "attendance") return;
  for (const [name, value] of chosen) {
    const choice = [...document.getElementsByName(name)].find((one) => one.value === value);
    chosen.delete(name);
    if (choice) mark(choice.closest("[data-initials]"), value);
  }
});

// Saved or not is said in words, and the row that is not saved is marked until it is.
document.addEventListener("htmx:afterRequest", (event) => {
  const attendance = event.target.closest?.("#attendance");
  if (!attendance) return;
  const failed = !event.detail.successful;
  event.target.closest("fieldset")?.classList.toggle("unsaved", failed);
  const trouble = document.querySelector("[data-trouble]");
  if (trouble) trouble.hidden = !failed && !document.querySelector("#attendance fieldset.unsaved");
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-retry]")) return;
  for (const row of document.querySelectorAll("#attendance fieldset.unsaved")) {
    row.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
