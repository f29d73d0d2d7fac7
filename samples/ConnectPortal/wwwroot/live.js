// Keeps an open page up to date. Without this file the page works all the same, and is as old as its last load.

// The server's clock may be ahead of this one: the trouble panel lets time pass.
let ahead = Number(document.body.dataset.now) - Date.now();
let sequence = Number(document.body.dataset.sequence);
const state = document.getElementById("live");

function countDown() {
  for (const value of document.querySelectorAll("[data-expires]")) {
    const left = Math.max(0, Math.round((Number(value.dataset.expires) - Date.now() - ahead) / 1000));
    value.textContent = left > 0 ? `${left} s left` : "Expired";
    const fill = value.parentElement.querySelector(".fill");
    fill.setAttribute("width", `${Math.min(100, (100 * left) / Number(value.dataset.total))}%`);
  }
}

// What somebody is using stays as it is: nothing moves the focus, and no open question closes.
let postponed = false;
function isInUse(part) {
  const used = part.contains(document.activeElement) || part.querySelector("details[open], [aria-busy=true]") !== null;
  postponed ||= used;
  return used;
}

function replace(part, fresh) {
  if (part.dataset.revision !== fresh.dataset.revision && !isInUse(part)) {
    part.replaceWith(document.adoptNode(fresh));
  }
}

// Rows come and go one by one, so that the others stay untouched.
function merge(list, fresh) {
  const wanted = new Set([...fresh.children].map((row) => row.id));
  for (const row of [...list.children]) {
    if (!wanted.has(row.id) && !isInUse(row)) {
      row.remove();
    }
  }
  let place = list.firstElementChild;
  for (const row of [...fresh.children]) {
    const present = document.getElementById(row.id);
    if (present) {
      place = present.nextElementSibling;
    } else {
      list.insertBefore(document.adoptNode(row), place);
    }
  }
}

async function update() {
  const response = await fetch(location.href, { headers: { "X-Update": "1" } });
  if (response.status === 204) {
    // Who removes it from this page knows.
    const gone = document.getElementById("gone");
    if (gone?.hidden && !document.querySelector("[aria-busy]")) {
      gone.hidden = false;
      document.getElementById("announcement").textContent = gone.textContent.trim();
    }
    return;
  }
  if (!response.ok) {
    return;
  }

  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const news = Number(fresh.body.dataset.sequence) > sequence;
  ahead = Number(fresh.body.dataset.now) - Date.now();
  sequence = Number(fresh.body.dataset.sequence);
  postponed = false;
  for (const list of document.querySelectorAll("[data-list]")) {
    const next = fresh.getElementById(list.id);
    if (next) {
      merge(list, next);
    }
  }
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next && part.isConnected) {
      replace(part, next);
    }
  }
  countDown();
  if (news) {
    document.getElementById("announcement").textContent = document.querySelector("#timeline .text")?.textContent ?? "";
  }
}

// One update at a time; changes that come meanwhile make for one more.
let running = false;
let again = false;
async function updateSoon() {
  again = true;
  while (again && !running) {
    again = false;
    running = true;
    try {
      await update();
    } catch {
      // The portal stopped, or the page is being left.
    } finally {
      running = false;
    }
  }
}

// What was postponed comes when it is not in use any more.
for (const left of ["focusout", "toggle"]) {
  document.addEventListener(left, () => setTimeout(() => postponed && updateSoon()), true);
}

// A browser has few connections: one for the tab that is looked at, none for the others.
let events = null;
function listen() {
  if (document.visibilityState === "visible" && events === null) {
    events = new EventSource(document.body.dataset.news);
    events.addEventListener("open", () => { state.textContent = "Live"; });
    events.addEventListener("error", () => { state.textContent = "Not live at the moment"; });
    events.addEventListener("changed", (event) => {
      if (Number(event.data) !== sequence) {
        updateSoon();
      }
    });
  }
}
function hush() {
  events?.close();
  events = null;
}
document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? listen() : hush()));
addEventListener("pagehide", hush);
addEventListener("pageshow", () => {
  listen();
  for (const button of document.querySelectorAll("[aria-busy]")) {
    button.textContent = button.dataset.label;
    button.removeAttribute("aria-busy");
  }
});

// An action that takes seconds shows that it is under way, and is not sent twice.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.target.querySelector("[aria-busy]")) {
    event.preventDefault();
  } else if (button) {
    button.dataset.label = button.textContent;
    button.textContent = button.dataset.busy ?? "Under way…";
    button.setAttribute("aria-busy", "true");
  }
});

setInterval(countDown, 1000);
countDown();
