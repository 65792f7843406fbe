// The page /verify: a proof is checked here, in the reader's browser, and sent nowhere. The same checks
// as pointsvc/seals/verify.py makes.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { hashOf, holds, isHash, isPrinted, outcomeOf, showSteps, taken } from "./steps.js";

const PARTS = ["format", "index", "kind", "leaf", "path", "root", "seal", "size", "words"];
const TREES = { result: "results", entry: "entries" };

// RFC 9162, 2.1.3.2: where the path leads from the leaf; nothing when it has not the right length.
function rootOf({ leaf, index, size, path }) {
  let place = index;
  let last = size - 1;
  let found = sha256(concatBytes(Uint8Array.of(0), utf8ToBytes(leaf)));
  for (const beside of path.map(hexToBytes)) {
    if (last === 0) return "";
    if (place % 2 === 1 || place === last) {
      found = sha256(concatBytes(Uint8Array.of(1), beside, found));
      while (place > 0 && place % 2 === 0) {
        place /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      found = sha256(concatBytes(Uint8Array.of(1), found, beside));
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? bytesToHex(found) : "";
}

function isWhole(proof) {
  const { index, size, path } = proof;
  return (
    Object.keys(proof).sort().join() === PARTS.join() &&
    proof.format === "pointsvc-proof-1" &&
    Object.hasOwn(TREES, proof.kind) &&
    Number.isSafeInteger(index) &&
    Number.isSafeInteger(size) &&
    0 <= index &&
    index < size &&
    Array.isArray(path) &&
    path.every(isHash)
  );
}

function hasItsPlace(proof, leaf) {
  const size = "of" in leaf ? leaf.of : proof.size;
  return leaf.kind === proof.kind && leaf.position === proof.index && size === proof.size;
}

// Whether the seal is over this list: true, false, or "open" for a list that is not sealed yet.
function isSealed(proof, leaf) {
  if (proof.seal === null) return proof.kind === "result" && "open";
  const { text, chain } = proof.seal;
  if (hashOf(text) !== chain) return false;
  const seal = JSON.parse(text);
  const tree = seal[TREES[proof.kind]];
  const same = ["organisation", "period", "version"].every((name) => leaf[name] === seal[name]);
  return tree.size === proof.size && tree.root === proof.root && (proof.kind === "entry" || same);
}

// The steps in their order, each with what came of it; the first that fails is the last.
function* check(text, printed) {
  let proof;
  let leaf;
  yield ["form", holds(() => isWhole((proof = JSON.parse(text)))), ""];
  yield ["leaf", holds(() => hasItsPlace(proof, (leaf = JSON.parse(proof.leaf)))), ""];
  yield ["root", holds(() => rootOf(proof) === proof.root), proof.root];
  yield ["seal", holds(() => isSealed(proof, leaf)), proof.seal?.chain ?? "", leaf];
  yield ["printed", holds(() => isPrinted([proof.root, proof.seal?.chain], printed)), "", leaf];
}

function show(place, outcome, steps, leaf) {
  showSteps(place, outcome, steps);
  const record = place.querySelector("[data-record]");
  record.hidden = !leaf || outcome === "fails";
  for (const field of record.querySelectorAll("[data-field]")) {
    const name = field.dataset.field;
    const missing = leaf?.[name] === undefined || leaf[name] === null;
    field.textContent = missing ? "" : leaf[name];
    field.hidden = record.querySelector(`[data-of="${name}"]`).hidden = missing;
  }
}

async function look(form) {
  const [file] = form.querySelector("#proof").files;
  if (!file) return;
  const place = document.querySelector("[data-checked]");
  // Whatever was said of another file holds no longer.
  show(place, "", []);
  const text = await file.text();
  const steps = taken(check(text, form.querySelector("#printed").value));
  show(place, outcomeOf(steps), steps, steps.at(-1)[3]);
}

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-verify]");
  form.hidden = false;
  document.querySelector("[data-without-scripts]").hidden = true;
  form.addEventListener("change", () => look(form));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look(form);
  });
});
