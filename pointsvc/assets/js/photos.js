// The photos of an inspection in the field: kept when they are taken, sent when the answers have gone,
// and told in words until the service has them.
import { forget, keep, waiting } from "./photo_store.js";

// What the service will never take, however often it is asked.
const REFUSED = [400, 404, 413, 415, 422];

export class Photos {
  constructor(form, items) {
    this.words = form.dataset;
    this.inspection = form.dataset.field;
    this.items = items;
    this.list = [];
  }

  async start() {
    for (const part of this.items.values()) {
      part.querySelector("[data-photo-field]").hidden = false;
      for (const button of part.querySelectorAll("[data-photo-plain]")) button.hidden = true;
      part.querySelector("[data-photo-drop]").addEventListener("click", () => this.drop(part));
    }
    try {
      this.list = await waiting(this.inspection);
    } catch {
      // A browser that keeps nothing tells so when a photo is chosen.
    }
    this.showAll();
  }

  // True once the photo is kept; until then it stays chosen, and the page's own form can send it.
  async chosen(input) {
    const [file] = input.files;
    const part = input.closest("[data-item]");
    if (!file) return false;
    try {
      this.list.push(await keep(this.inspection, part.dataset.item, file));
    } catch {
      for (const button of part.querySelectorAll("[data-photo-plain]")) button.hidden = false;
      this.say(part, this.words.photoUnkept, true);
      return false;
    }
    input.value = "";
    this.show(part);
    return true;
  }

  async send() {
    for (const photo of [...this.list]) {
      const part = this.items.get(photo.item);
      // Its finding has not been sent yet.
      if (!part?.dataset.finding) continue;
      const form = new FormData();
      form.append("file", photo.content, photo.name);
      const answer = await fetch(this.words.photoAddress.replace("/0/", `/${part.dataset.finding}/`), {
        method: "POST",
        headers: {
          "Idempotency-Key": photo.key,
          "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
        },
        body: form,
      });
      if (answer.ok) await this.taken(photo, part, await answer.json());
      else if (REFUSED.includes(answer.status)) await this.refused(photo, part, answer);
      else return;
    }
  }

  async taken(photo, part, finding) {
    await this.gone(photo);
    part.querySelector("[data-photos]").replaceChildren(this.thumbs(finding));
    this.show(part);
  }

  async refused(photo, part, answer) {
    await this.gone(photo);
    const problem = await answer.json().catch(() => ({}));
    const reason = Object.values(problem.errors ?? {}).flat()[0] ?? problem.detail ?? "";
    this.show(part);
    this.say(part, this.words.photoRefused.replace("…", reason), true);
  }

  async gone(photo) {
    await forget(photo.key);
    this.list = this.list.filter((one) => one.key !== photo.key);
  }

  async drop(part) {
    for (const photo of this.of(part)) await this.gone(photo);
    this.show(part);
  }

  of(part) {
    return this.list.filter((photo) => photo.item === part.dataset.item);
  }

  // Whether any waits that the service would take once it is reached.
  get owed() {
    return [...this.items.values()].some((part) => this.of(part).length && !part.querySelector("[data-found]").hidden);
  }

  showAll() {
    for (const part of this.items.values()) this.show(part);
  }

  show(part) {
    const many = this.of(part).length;
    this.say(part, many ? this.words.photoWaits.replace("0", many) : "");
    part.querySelector("[data-photo-drop]").hidden = !many;
  }

  say(part, words, failed = false) {
    const line = part.querySelector("[data-photo-state]");
    line.textContent = words;
    line.classList.toggle("failed", failed);
  }

  thumbs(finding) {
    const list = document.createElement("ul");
    list.className = "thumbs";
    for (const [n, piece] of finding.evidence.entries()) {
      const address = `/findings/${finding.id}/evidence/${piece.id}`;
      const name = this.words.photoName.replace("0", n + 1);
      const link = Object.assign(document.createElement("a"), { href: address });
      const isPicture = piece.media_type === "image/jpeg";
      link.append(isPicture ? Object.assign(new Image(), { src: `${address}?preview=1`, alt: name }) : piece.filename);
      const entry = document.createElement("li");
      entry.append(link);
      list.append(entry);
    }
    return list;
  }
}

// An inspection that is signed takes no more photos; whoever took them is told that some did not arrive.
export async function leftOver(inspection, line) {
  try {
    const photos = await waiting(inspection);
    line.hidden = photos.length === 0;
    line.textContent = line.textContent.replace("0", photos.length);
  } catch {
    // Nothing was kept.
  }
}
