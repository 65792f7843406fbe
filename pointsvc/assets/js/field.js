// An inspection in the field. What is entered stays in the browser until the service has it, so that a
// lost connection loses nothing; it is then sent as it stands, and sent twice it counts once.

import { leftOver, Photos } from "./photos.js";

const RETRY_MS = 15000;
const PAUSE_MS = 600;

class Field {
  constructor(form) {
    this.form = form;
    this.words = form.dataset;
    this.key = `inspection:${form.dataset.field}`;
    this.items = new Map([...form.querySelectorAll("[data-item]")].map((part) => [part.dataset.item, part]));
    this.pending = this.kept();
    this.photos = new Photos(form, this.items);
    this.timer = 0;
    this.sending = false;
    this.again = false;
  }

  start() {
    for (const [item, answer] of Object.entries(this.pending)) {
      const part = this.items.get(item);
      if (part) this.fill(part, answer);
      else delete this.pending[item];
    }
    for (const part of this.items.values()) this.unfold(part);
    this.form.addEventListener("input", (event) => this.entered(event.target));
    this.form.addEventListener("submit", (event) => this.submitted(event));
    window.addEventListener("online", () => this.send());
    setInterval(() => this.send(), RETRY_MS);
    this.photos.start().then(() => this.send());
  }

  kept() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      return {};
    }
  }

  keep() {
    try {
      if (Object.keys(this.pending).length) localStorage.setItem(this.key, JSON.stringify(this.pending));
      else localStorage.removeItem(this.key);
    } catch {
      // A browser that keeps nothing still sends what it can.
    }
  }

  parts(part) {
    const named = (name) => part.querySelector(`[name^="${name}-"]`);
    return { text: named("text"), article: named("article"), base: named("base") };
  }

  read(part) {
    const { text, article } = this.parts(part);
    const chosen = (name) => part.querySelector(`[name^="${name}-"]:checked`)?.value ?? null;
    const words = text.value.trim();
    const answer = "beside" in part.dataset ? (words ? "finding" : null) : chosen("answer");
    const found = { item: part.dataset.item, answer, base: Number(part.dataset.base) };
    if (answer !== "finding") return found;
    return { ...found, severity: chosen("severity"), article: article.value.trim(), text: words };
  }

  fill(part, answer) {
    const check = (name, value) => {
      const choice = value && part.querySelector(`[name^="${name}-"][value="${value}"]`);
      if (choice) choice.checked = true;
    };
    check("answer", answer.answer);
    check("severity", answer.severity);
    const { text, article } = this.parts(part);
    if (answer.text !== undefined) text.value = answer.text;
    if (answer.article) article.value = answer.article;
    const fold = part.querySelector("details.fold");
    if (fold && answer.text) fold.open = true;
  }

  // The fields of a problem stand open only where one was found.
  unfold(part) {
    const found = part.querySelector("[data-found]");
    found.hidden = !("beside" in part.dataset) && this.read(part).answer !== "finding";
  }

  entered(target) {
    const part = target.closest("[data-item]");
    if (!part) return;
    if (target.type === "file") {
      this.photos.chosen(target).then((kept) => kept && this.send());
      return;
    }
    this.unfold(part);
    this.pending[part.dataset.item] = this.read(part);
    this.keep();
    this.say(part, "");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), PAUSE_MS);
  }

  // A problem without its words or its weight is kept here and waits for them.
  ready() {
    const found = [];
    for (const answer of Object.values(this.pending)) {
      const part = this.items.get(answer.item);
      const whole = answer.answer !== "finding" || (answer.text && answer.severity);
      if (!whole) this.say(part, this.words.unfinished);
      else if (!answer.held) found.push(answer);
    }
    return found;
  }

  // The answers first: a photo goes to a finding that the service knows.
  async send() {
    if (this.sending) {
      this.again = true;
      return;
    }
    this.sending = true;
    this.again = false;
    const answers = this.ready();
    try {
      if (!answers.length || (await this.sent(answers))) await this.photos.send();
    } catch {
      this.whole(this.words.kept, true);
    } finally {
      this.sending = false;
    }
    if (this.again || this.ready().some((one) => !answers.includes(one))) this.send();
  }

  async sent(answers) {
    const answer = await fetch(this.words.address, {
      method: "PUT",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
      },
      body: JSON.stringify({ answers }),
    });
    if (answer.ok) this.taken(answers, await answer.json());
    else this.whole(answer.status === 401 || answer.status === 403 ? this.words.signedOut : this.words.refused, true);
    return answer.ok;
  }

  taken(sent, inspection) {
    const revisions = new Map(inspection.items.map((item) => [item.item, item.revision]));
    for (const { item, finding } of inspection.items) {
      if (this.items.has(item)) this.items.get(item).dataset.finding = finding?.id ?? "";
    }
    for (const answer of sent) {
      const part = this.items.get(answer.item);
      const revision = revisions.get(answer.item) ?? 0;
      part.dataset.base = revision;
      this.parts(part).base.value = revision;
      const newer = this.pending[answer.item] !== answer;
      if (newer) this.pending[answer.item].base = revision;
      else if (inspection.kept_back.includes(answer.item)) {
        // Kept here until this inspector has looked and chosen again.
        this.pending[answer.item] = { ...answer, base: revision, held: true };
        this.say(part, this.words.held, true);
      } else {
        delete this.pending[answer.item];
        this.say(part, "");
      }
    }
    this.keep();
    this.whole(Object.keys(this.pending).length ? "" : this.words.saved);
  }

  // A form of the page goes only where there is a way; what is entered is kept all the same. What is
  // signed takes no more photos, so those that wait go first.
  submitted(event) {
    const early = event.submitter?.value === "sign" && this.photos.owed;
    if (navigator.onLine && !early) return;
    event.preventDefault();
    this.whole(navigator.onLine ? this.words.wait : this.words.kept, true);
    this.send();
  }

  say(part, words, failed = false) {
    const line = part.querySelector("[data-state]");
    line.textContent = words;
    line.classList.toggle("failed", failed);
    part.classList.toggle("unsaved", failed);
  }

  whole(words, failed = false) {
    const line = this.form.querySelector("[data-whole]");
    line.textContent = words;
    line.classList.toggle("failed", failed);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-field]");
  if (form) new Field(form).start();
  // Whatever was kept of an inspection that is signed has gone with its form.
  const done = document.querySelector("[data-field-done]");
  if (!done) return;
  localStorage.removeItem(`inspection:${done.dataset.fieldDone}`);
  leftOver(done.dataset.fieldDone, done.querySelector("[data-photos-left]"));
});

document.addEventListener(
  "submit",
  (event) => {
    if (!navigator.onLine && event.target.matches("[data-needs-net]")) event.preventDefault();
  },
  true,
);
