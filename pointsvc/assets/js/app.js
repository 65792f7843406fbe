// htmx, and small comforts on top of pages that work without any of this.
import htmx from "htmx.org";
import "./roll.js";
import "./comforts.js";
import "./aloud.js";
import "./ticks.js";
import "./drafts.js";
import "./field.js";

document.documentElement.classList.add("js");

// Every request of htmx carries the page's CSRF token.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]');
  if (token) event.detail.headers["X-CSRFToken"] = token.content;
});

window.htmx = htmx;
