// What the pages share that check a proof in the reader's browser: own SHA-256 (browsers lend theirs only
// over https), steps that hold, fail or stay open, and showing them.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

export const isHash = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
export const hashOf = (text) => bytesToHex(sha256(utf8ToBytes(text)));
const inGroups = (hash) => hash.replace(/(.{8})(?=.)/g, "$1 ");

export function isPrinted(known, printed) {
  const typed = printed.replace(/[\s-]/g, "").toLowerCase();
  return typed ? known.includes(typed) : "open";
}

export const holds = (test) => {
  try {
    return test();
  } catch {
    return false;
  }
};

// All steps up to the first that fails.
export function taken(check) {
  const steps = [];
  for (const step of check) {
    steps.push(step);
    if (!step[1]) break;
  }
  return steps;
}

export const outcomeOf = (steps) => {
  const [, result] = steps.at(-1);
  return typeof result === "string" ? result : result ? "holds" : "fails";
};

export function showSteps(place, outcome, steps) {
  for (const item of place.querySelectorAll("[data-step]")) {
    const [, result, value] = steps.find(([name]) => name === item.dataset.step) ?? [];
    item.hidden = result === undefined;
    const state = typeof result === "string" ? "open" : result ? "holds" : "fails";
    for (const words of item.querySelectorAll("[data-when]")) words.hidden = words.dataset.when !== state;
    item.querySelector("[data-value]").textContent = result ? inGroups(value) : "";
  }
  for (const note of place.querySelectorAll("[data-outcome]")) note.hidden = note.dataset.outcome !== outcome;
  place.dataset.checked = outcome;
}
