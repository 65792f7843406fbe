// Reads the page aloud by the browser's own speech; the button shows where there is such a thing.
const speech = window.speechSynthesis;

const text = () => {
  const page = document.querySelector("main").cloneNode(true);
  for (const part of page.querySelectorAll("nav, form, script, [hidden], [aria-hidden], .no-print")) part.remove();
  // Each row and paragraph ends in a pause.
  for (const part of page.querySelectorAll("tr, p, li, h1, h2, h3, dt, dd")) part.append("。");
  return page.textContent.replace(/\s+/g, " ").replace(/([。！？；，：])\s*。/g, "$1");
};

function toggle(button) {
  if (speech.speaking) {
    speech.cancel();
    return;
  }
  const said = new SpeechSynthesisUtterance(text());
  said.lang = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
  said.rate = 0.9;
  const pressed = (value) => () => button.setAttribute("aria-pressed", value);
  said.onstart = pressed("true");
  said.onend = said.onerror = pressed("false");
  speech.speak(said);
}

document.addEventListener("DOMContentLoaded", () => {
  if (!speech) return;
  for (const button of document.querySelectorAll("[data-aloud]")) button.hidden = false;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-aloud]");
  if (button && speech) toggle(button);
});

window.addEventListener("pagehide", () => speech?.cancel());
