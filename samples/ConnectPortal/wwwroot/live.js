// Keeps an open page up to date. Without this file the page works all the same, and is as old as its last load.

// The server's clock may be ahead of this one: the trouble panel lets time pass.
let ahead = Number(document.body.dataset.now) - Date.now();
let sequence = Number(document.body.dataset.sequence);

function countDown() {
  for (const value of document.querySelectorAll("[data-expires]")) {
    const left = Math.max(0, Math.round((Number(value.dataset.expires) - Date.now() - ahead) / 1000));
    value.textContent = left > 0 ? `${left} s left` : "Expired; renewed with the next call";
    const fill = value.parentElement.querySelector(".fill");
    fill.setAttribute("width", `${Math.min(100, (100 * left) / Number(value.dataset.total))}%`);
  }
}

async function update() {
  const response = await fetch(location.href, { headers: { "X-Update": "1" } });
  if (response.redirected) {
    // What the page was about is gone.
    location.assign(response.url);
    return;
  }

  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const news = Number(fresh.body.dataset.sequence) > sequence;
  ahead = Number(fresh.body.dataset.now) - Date.now();
  sequence = Number(fresh.body.dataset.sequence);
  for (const part of document.querySelectorAll("[data-revision]")) {
    const next = fresh.getElementById(part.id);
    if (next && next.dataset.revision !== part.dataset.revision) {
      const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
      part.replaceWith(document.adoptNode(next));
      if (focused) {
        document.getElementById(focused)?.focus();
      }
    }
  }

  countDown();
  if (news) {
    document.getElementById("announcement").textContent = document.querySelector("#timeline li > span:last-child")?.textContent ?? "";
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

const events = new EventSource("/live");
const state = document.getElementById("live");
events.addEventListener("open", () => { state.textContent = "Live"; });
events.addEventListener("error", () => { state.textContent = "Not live at the moment"; });
events.addEventListener("changed", (event) => {
  if (Number(event.data) !== sequence) {
    updateSoon();
  }
});
addEventListener("pagehide", () => events.close());
setInterval(countDown, 1000);
countDown();
