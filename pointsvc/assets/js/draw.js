// The pages /check-draw and /draws/…: a draw is made anew here, in the reader's browser, and nothing is sent.
// The same checks as pointsvc/spotchecks/check_draw.py makes.
import { hashOf, holds, isHash, isPrinted, outcomeOf, showSteps, taken } from "./steps.js";

const PARTS = [
  ...["format", "plan", "strata", "frame", "frame_sha256", "commitment", "excluded", "inspectors"],
  ...["digits", "sealed", "secret", "seed", "skipped", "drawn"],
];
const CONFLICT = "conflict of interest";

const digest = (...parts) => hashOf(parts.join("|"));
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const key = (one) => `${one.stratum}|${one.code}`;

// By code point, as the list is sorted: JavaScript's own order differs beyond U+FFFF.
function order(one, other) {
  const [a, b] = [[...one], [...other]];
  const at = a.findIndex((sign, place) => sign !== b[place]);
  if (at < 0) return a.length - b.length;
  return at < b.length ? a[at].codePointAt(0) - b[at].codePointAt(0) : 1;
}

const isWhole = (proof) => PARTS.every((name) => Object.hasOwn(proof, name)) && proof.format === "pointsvc-draw-1";

// The codes of each stratum, or nothing when the list is not in order or not the one of the fingerprint.
function unitsOf(proof) {
  const rows = proof.frame.split("\n").map((line) => line.split("|"));
  if (!same(rows.pop(), [""]) || rows.some((row) => row.length !== 3)) return undefined;
  const inOrder = rows.every((row, place) => {
    const before = rows[place - 1];
    return !before || (order(before[0], row[0]) || order(before[1], row[1])) < 0;
  });
  const listed = new Set(rows.map(([stratum, code]) => `${stratum}|${code}`));
  if (!inOrder || proof.excluded.some((one) => listed.has(key(one)))) return undefined;
  const codes = new Map();
  for (const [stratum, code] of rows) {
    if (!codes.has(stratum)) codes.set(stratum, []);
    codes.get(stratum).push(code);
  }
  return hashOf(proof.frame) === proof.frame_sha256 ? codes : undefined;
}

const isCommitted = ({ plan, frame_sha256, secret, commitment }) =>
  isHash(secret) && digest("commit", "v1", plan, frame_sha256, secret) === commitment;

const isSeed = ({ plan, frame_sha256, secret, digits, seed }) =>
  /^[0-9]{20,200}$/.test(digits) && digest("seed", "v1", plan, frame_sha256, secret, digits) === seed;

function areDrawn(proof, codes) {
  const skipped = new Map(proof.skipped.map((one) => [key(one), one.reason]));
  const expected = [];
  const passed = new Set();
  let listed = "";
  for (const { name, n } of [...proof.strata].sort((one, other) => order(one.name, other.name))) {
    const tickets = codes
      .get(name)
      .map((code) => [digest("ticket", "v1", proof.seed, name, code), code])
      .sort((one, other) => (one[0] < other[0] ? -1 : 1));
    listed += tickets.slice(0, n).map(([, code], place) => `${name}|${place + 1}|${code}\n`).join("");
    let serving = 0;
    for (const [place, [ticket, code]] of tickets.entries()) {
      if (serving === n) break;
      if (skipped.has(`${name}|${code}`)) {
        passed.add(`${name}|${code}`);
        continue;
      }
      serving += 1;
      expected.push([name, place + 1, code, ticket]);
    }
  }
  const drawn = proof.drawn.map(({ stratum, place, code, ticket }) => [stratum, place, code, ticket]);
  drawn.sort((one, other) => order(one[0], other[0]) || one[1] - other[1]);
  return (
    same(drawn, expected) &&
    [...skipped.values()].every(Boolean) &&
    passed.size === skipped.size &&
    digest("sealed", "v1", proof.plan, proof.seed, listed) === proof.sealed
  );
}

function areSeated(proof) {
  const conflicts = new Map(proof.inspectors.map((one) => [one.code, one.conflicts]));
  return proof.drawn.every((unit) => {
    const away = new Map(unit.passed.map((one) => [one.inspector, one.reason]));
    const queue = [...conflicts.keys()]
      .map((code) => [digest("inspector", "v1", proof.seed, unit.code, code), code])
      .sort((one, other) => (one[0] < other[0] ? -1 : 1));
    const serving = [];
    for (const [, code] of queue) {
      if (serving.length === 2) break;
      if (conflicts.get(code).includes(unit.code) !== (away.get(code) === CONFLICT)) return false;
      if (!away.has(code)) serving.push(code);
    }
    return same(serving, unit.inspectors) && [...away.values()].every(Boolean);
  });
}

// The steps in their order, each with what came of it; a list that is not drawn or not opened yet "waits".
function* check(text, printed) {
  let proof;
  let codes;
  yield ["form", holds(() => isWhole((proof = JSON.parse(text)))), ""];
  yield ["frame", holds(() => (codes = unitsOf(proof)) !== undefined), proof.frame_sha256];
  const known = [proof.frame_sha256, proof.commitment];
  const isOurs = holds(() => isPrinted(known, printed));
  if (proof.secret === null) {
    if (!isOurs) yield ["printed", false, ""];
    yield ["commit", isHash(proof.commitment) && "waits", proof.commitment];
    return;
  }
  yield ["commit", holds(() => isCommitted(proof)), proof.commitment];
  yield ["seed", holds(() => isSeed(proof)), proof.seed];
  yield ["units", holds(() => areDrawn(proof, codes)), ""];
  yield ["inspectors", holds(() => areSeated(proof)), ""];
  yield ["printed", isOurs, ""];
}

function look(text) {
  const printed = document.querySelector("#printed").value;
  const steps = taken(check(text, printed));
  showSteps(document.querySelector("[data-checked]"), outcomeOf(steps), steps);
}

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-check-draw]");
  const place = document.querySelector("[data-checked]");
  const address = form.dataset.proof;
  form.hidden = false;
  for (const note of document.querySelectorAll("[data-without-scripts]")) note.hidden = true;
  const begin = async () => {
    showSteps(place, "", []);
    if (address) {
      // The page's own proof: fetched as it is public, and reckoned here.
      look(await (await fetch(address)).text());
      return;
    }
    const [file] = form.querySelector("#proof").files;
    if (file) look(await file.text());
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  if (!address) form.addEventListener("change", begin);
});
