// Keeps a page up to date while it is open. Without script the page says the same after a reload.
"use strict";
const WORDS = { passed: "passed", failed: "failed", error: "error", skipped: "skipped" };

function outcome(word) {
  const mark = document.createElement("span");
  mark.className = `outcome ${WORDS[word] || "waiting"}`;
  mark.textContent = word;
  return mark;
}

function line(list, ...parts) {
  const item = document.createElement("li");
  item.append(...parts);
  list.append(item);
  return item;
}

function follow(list) {
  const source = new EventSource(`${list.dataset.follow}?since=${list.dataset.since}`);
  const now = document.querySelector("[data-now]");
  const read = (handle) => (event) => handle(JSON.parse(event.data));
  source.addEventListener("stage", read((told) => {
    const done = told.total > 1 ? `${told.stage}, ${told.done} of ${told.total}` : told.stage;
    if (now) now.textContent = done;
    else if (!list.lastElementChild || list.lastElementChild.dataset.stage !== told.stage) line(list, done).dataset.stage = told.stage;
    else list.lastElementChild.textContent = done;
  }));
  source.addEventListener("step-started", read((told) => { if (now) now.textContent = told.sentence; }));
  source.addEventListener("step-finished", read((told) => {
    const sentence = document.createElement("bdi");
    sentence.textContent = told.sentence;
    const item = line(list, outcome(told.outcome), " ", sentence);
    if (told.reason) { const why = document.createElement("span"); why.className = "soft"; why.textContent = ` ${told.reason}`; item.append(why); }
  }));
  // What a page shows of a state is made by the server: the page is loaded again where it changes.
  for (const kind of ["state", "verdict", "failed", "was-reset", "was-kept", "was-brought-back", "refused"]) {
    source.addEventListener(kind, () => { source.close(); location.reload(); });
  }
  source.addEventListener("end", () => source.close());
}

document.querySelectorAll("[data-follow]").forEach(follow);

// A table that many change is read again every few seconds, unless somebody is in it by keyboard.
async function renew(part) {
  if (part.contains(document.activeElement) || document.hidden) return;
  try {
    const answer = await fetch(location.href);
    if (answer.redirected || !answer.ok) { location.reload(); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (fresh && !part.contains(document.activeElement)) part.replaceChildren(...fresh.childNodes);
  } catch { /* The network is away: the next time will show. */ }
}
document.querySelectorAll("[data-renew]").forEach((part) => setInterval(renew, part.dataset.renew * 1000, part));
