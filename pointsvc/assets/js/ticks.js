// A list of tick boxes that is handled in one go: tick all of it, or none.

const boxes = () => [...document.querySelectorAll("[data-ticks] input[type=checkbox]")];

document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-tick-all]")) button.hidden = boxes().length < 2;
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-tick-all]")) return;
  const all = boxes().every((box) => box.checked);
  for (const box of boxes()) box.checked = !all;
});
