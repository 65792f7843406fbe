// A board on a wall: its pages turn, a thin bar shows the time to the next, and every few seconds it asks
// whether anything has changed. When the network is away it goes on with what it has, and says so; the
// worker (worker.js) brings the last good copy back when the machine is started without a network.
const ASK_EVERY = 4000;
const TICK = 200;

const screen = {
  etag: "",
  received: new Date(),
  page: 0,
  turned: performance.now(),
};

const kiosk = () => document.querySelector("[data-kiosk]");
const pages = () => [...document.querySelectorAll("[data-page]")];

function show(number) {
  const all = pages();
  screen.page = all.length ? number % all.length : 0;
  screen.turned = performance.now();
  all.forEach((page, place) => {
    page.hidden = place !== screen.page;
  });
  document.querySelector("[data-number]").textContent = all.length > 1 ? `${screen.page + 1} / ${all.length}` : "";
}

function tick() {
  const whole = 1000 * Number(kiosk().dataset.seconds);
  const gone = performance.now() - screen.turned;
  document.querySelector("[data-bar]").value = pages().length > 1 ? Math.min(1, gone / whole) : 0;
  if (gone >= whole) show(screen.page + 1);
}

function away(is) {
  const told = document.querySelector("[data-away]");
  told.hidden = !is;
  kiosk().classList.toggle("stale-copy", is);
  if (is) {
    const at = screen.received;
    told.querySelector("[data-since]").textContent = at.toLocaleString(document.documentElement.lang);
  }
}

// What came is put in the place of what stands there; the page that is being read stays.
function renew(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-kiosk]");
  if (!fresh) return;
  fresh.dataset.turning = "";
  kiosk().replaceWith(document.adoptNode(fresh));
  show(screen.page);
}

async function ask() {
  try {
    const headers = screen.etag ? { "If-None-Match": screen.etag } : {};
    const answer = await fetch(location.pathname, { headers, cache: "no-store", credentials: "omit" });
    if (answer.status === 404 || answer.status === 410) {
      // Taken down: nobody of it stays on the wall.
      location.reload();
      return;
    }
    if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
    if (answer.ok) {
      const text = await answer.text();
      if (screen.etag) renew(text);
      screen.etag = answer.headers.get("ETag") || "";
    }
    screen.received = new Date();
    away(false);
  } catch {
    away(true);
  }
}

kiosk().dataset.turning = "";
show(0);
setInterval(tick, TICK);
setInterval(ask, ASK_EVERY);
ask();

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(kiosk().dataset.worker, { scope: "/b/" }).catch(() => {});
}
