// Keep numbers, or a conversation, moving while somebody looks at them.
// Without this file the page reloads itself every few seconds instead.
const moving = document.getElementById("moving");
const PAUSE_MS = Number(moving.dataset.pause) || 1000;
const PAUSE_AFTER_FAILURE_MS = 5000;

async function look() {
  let pause = PAUSE_MS;
  if (!document.hidden) {
    try {
      pause = (await refresh()) ? PAUSE_MS : PAUSE_AFTER_FAILURE_MS;
    } catch {
      pause = PAUSE_AFTER_FAILURE_MS; // the server is away; it may come back
    }
  }
  setTimeout(look, pause);
}

// Say whether new numbers came.
async function refresh() {
  const answer = await fetch(moving.dataset.url, { redirect: "manual" });
  if (answer.type === "opaqueredirect") {
    location.reload(); // the session has ended; the page itself leads to the login
    return false;
  }
  if (!answer.ok) return false;
  show(await answer.text());
  return true;
}

function show(html) {
  const next = new DOMParser().parseFromString(html, "text/html").body;
  const state = next.querySelector("[data-state]").dataset.state;
  if (state !== moving.dataset.state) {
    location.reload(); // other buttons fit now
    return;
  }
  bringUpToDate(moving, next);
}

// Make the children of `old` those of `next`, touching only what differs: focus and selection stay
// where they are, and a bar grows from where it was.
function bringUpToDate(old, next) {
  const wanted = [...next.childNodes];
  const standing = [...old.childNodes];
  standing.slice(wanted.length).forEach((extra) => extra.remove());
  wanted.forEach((part, place) => {
    const there = standing[place];
    if (!there) old.append(part);
    else if (there.nodeName !== part.nodeName) there.replaceWith(part);
    else if (there.nodeType === Node.ELEMENT_NODE) {
      copyAttributes(there, part);
      bringUpToDate(there, part);
    } else if (there.nodeValue !== part.nodeValue) there.nodeValue = part.nodeValue;
  });
}

function copyAttributes(old, next) {
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

setTimeout(look, PAUSE_MS);
