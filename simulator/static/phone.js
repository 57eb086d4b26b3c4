// The phone page: fetches from /sim, listens to /sim/stream, builds elements (never markup).
const $ = (id) => document.getElementById(id);
const business = document.body.dataset.business;
const people = new Map();
const shown = new Map(); // wamid -> {mark, node}: what the log shows, so that only changes are drawn
let current = decodeURIComponent(location.hash.slice(1)) || null;

async function call(method, path, body) {
  const answer = await fetch(`/sim${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.error || found.errors?.[0]?.msg || `HTTP ${answer.status}`);
  return found;
}

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const initial = (name) => (name.replace(/[^\p{L}\p{N}]/gu, "")[0] || "?").toUpperCase();
const clock = (at) => new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
const firstLine = (text) => text.split("\n").find((line) => line.trim()) || "";

// --- people -----------------------------------------------------------------------------------

async function loadPeople() {
  const { people: found } = await call("GET", "/people");
  people.clear();
  for (const person of found) people.set(person.wa_id, person);
  drawPeople();
}

function drawPeople() {
  const focused = document.activeElement?.dataset?.testid;
  const newestFirst = [...people.values()].sort(
    (a, b) => (b.last_message?.at || 0) - (a.last_message?.at || 0),
  );
  $("people").replaceChildren(...newestFirst.map(personRow));
  if (focused?.startsWith("person-")) document.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
  drawHeader();
}

function personRow(person) {
  const last = person.last_message;
  const away = !person.online || !person.has_whatsapp;
  const line = last ? (last.direction === "in" ? "You: " : "") + firstLine(last.text) : `+${person.wa_id}`;
  return make("li", {}, make("button", {
      class: away ? "person off" : "person",
      "data-testid": `person-${person.wa_id}`,
      "aria-current": String(person.wa_id === current),
      onclick: () => hold(person.wa_id),
    },
    make("span", { class: "avatar", "aria-hidden": "true" }, initial(person.name)),
    make("span", { class: "name" }, person.name),
    last ? make("time", {}, clock(last.at)) : make("span"),
    make("span", { class: "last" }, line),
    person.unread
      ? make("span", { class: "badge", "aria-label": `${person.unread} unread` }, String(person.unread))
      : make("span"),
  ));
}

function drawHeader() {
  const person = people.get(current);
  $("app").classList.toggle("holding", Boolean(person));
  $("phone").hidden = !person;
  $("empty").hidden = Boolean(person);
  if (!person) return;
  $("business-avatar").textContent = initial(business);
  const state = !person.has_whatsapp ? " · no WhatsApp" : person.online ? "" : " · offline";
  $("whose").textContent = `on ${person.name}’s phone${state}`;
  $("ids").textContent = `+${person.wa_id}\n${person.user_id}`;
  for (const box of $("toggles").elements) box.checked = person[box.name];
  const away = !person.online || !person.has_whatsapp;
  $("composer").disabled = away;
  $("composer").placeholder = away ? "This phone is off" : "Message";
  drawTyping(person);
}

function drawTyping(person) {
  const left = (person.typing_until || 0) * 1000 - Date.now();
  $("typing").textContent = left > 0 ? `${business} is typing…` : "";
  if (left > 0) setTimeout(drawHeader, left + 50);
}

async function hold(waId) {
  if (waId !== current) shown.clear(), $("log").replaceChildren();
  current = waId;
  history.replaceState(null, "", waId ? `#${encodeURIComponent(waId)}` : "#");
  $("options").open = false;
  $("chat-error").textContent = "";
  drawPeople();
  if (waId) await loadConversation();
}

// --- conversation -----------------------------------------------------------------------------

let following = false; // the next drawing shows the end, wherever one had scrolled to

async function loadConversation() {
  const waId = current;
  if (!people.has(waId)) return;
  const { messages } = await call("GET", `/people/${waId}/messages`);
  if (waId !== current) return;
  drawConversation(messages);
  const fresh = messages.some((m) => m.direction === "out" && m.status === "delivered" && !m.seen);
  if (fresh && document.visibilityState === "visible" && people.get(waId).online) {
    await call("POST", `/people/${waId}/open`);
  }
}

function drawConversation(messages) {
  const log = $("log");
  const atEnd = following || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const known = new Set(messages.map((message) => message.wamid));
  for (const [wamid, { node }] of shown) {
    if (!known.has(wamid)) node.remove(), shown.delete(wamid);
  }
  for (const message of messages) {
    if (message.type === "reaction") continue; // shown on the message it is about
    const mark = JSON.stringify(message);
    const before = shown.get(message.wamid);
    if (before?.mark === mark) continue;
    const node = bubble(message);
    if (before) replaceKeepingFocus(before.node, node);
    else node.classList.add("new"), log.append(node);
    shown.set(message.wamid, { mark, node });
  }
  if (atEnd) log.scrollTop = log.scrollHeight;
  following = false;
}

function replaceKeepingFocus(old, node) {
  const place = [...old.querySelectorAll("button")].indexOf(document.activeElement);
  old.replaceWith(node);
  if (place >= 0) node.querySelectorAll("button")[place]?.focus();
}

function bubble(message) {
  const { shown: view, direction, status } = message;
  const waiting = direction === "out" && ["accepted", "sent", "failed"].includes(status);
  const node = make("li", {
      class: `bubble${waiting ? " undelivered" : ""}${message.reaction ? " reacted" : ""}`,
      "data-testid": "bubble",
      "data-direction": direction,
      "data-status": status,
      "data-type": message.type,
      "data-wamid": message.wamid,
    },
    header(view.header),
    view.body ? make("div", { class: "body" }, view.body) : null,
    view.footer ? make("div", { class: "foot" }, view.footer) : null,
    message.error
      ? make("div", { class: "why" }, `Not delivered: ${message.error.code} ${message.error.title}`)
      : null,
    make("div", { class: "meta" }, make("time", {}, clock(message.at)), ticks(direction, status)),
    buttons(message),
    message.reaction ? make("span", { class: "reaction", "data-testid": "reaction" }, message.reaction) : null,
  );
  return node;
}

function header(part) {
  if (!part) return null;
  if (part.kind === "text") return make("div", { class: "head" }, part.text);
  const source = part.filename || part.name || part.link || part.id;
  return make("div", { class: "media", role: "img", "aria-label": part.kind },
    make("span", {}, part.kind),
    source ? make("span", { class: "source" }, source) : null,
  );
}

// On a business message these are what the business is told; on her own, what she sees.
function ticks(direction, status) {
  const look = {
    accepted: ["◷", "accepted by the server"], sent: ["✓", "sent"], delivered: ["✓✓", "delivered"],
    read: ["✓✓", "read"], failed: ["!", "failed"],
  }[direction === "in" && status === "sent" ? "delivered" : status];
  return make("span", {
    class: `ticks ${status}`, role: "img", "aria-label": look[1], title: look[1], "data-testid": "ticks",
  }, look[0]);
}

function buttons(message) {
  const { buttons: found = [], list } = message.shown;
  if (!found.length && !list) return null;
  const group = make("div", { class: "buttons" });
  for (const button of found) {
    group.append(make("button", {
      type: "button", "data-testid": "button", "data-kind": button.kind,
      onclick: () => tap(message, button),
    }, button.kind === "url" ? `${button.title} ↗` : button.title));
  }
  if (list) {
    group.append(make("button", {
      type: "button", "data-testid": "button", "data-kind": "list", onclick: () => pick(message),
    }, `☰ ${list.button}`));
  }
  return group;
}

async function act(wish) {
  $("chat-error").textContent = "";
  try {
    return await call("POST", `/people/${current}/messages`, wish);
  } catch (error) {
    $("chat-error").textContent = error.message;
    return null;
  }
}

async function tap(message, button) {
  if (button.kind === "url" && /^https?:\/\//.test(button.url)) {
    window.open(button.url, "_blank", "noopener,noreferrer");
  }
  if (button.kind === "copy_code") await navigator.clipboard?.writeText(button.payload).catch(() => null);
  await act({ tap: button.title, of: message.wamid });
}

function pick(message) {
  const { button, sections } = message.shown.list;
  $("picker-title").textContent = button;
  $("picker-rows").replaceChildren(...sections.flatMap((section) => [
    section.title ? make("h3", {}, section.title) : null,
    ...section.rows.map((row) => make("button", {
        class: "row", value: row.id, "data-testid": "row",
        onclick: () => act({ list_row: row.id, of: message.wamid }),
      },
      make("span", {}, row.title),
      row.description ? make("small", {}, row.description) : null,
    )),
  ].filter(Boolean)));
  $("picker").showModal();
}

// --- controls and news ------------------------------------------------------------------------

$("composer-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("composer").value.trim();
  if (!text) return;
  $("composer").value = "";
  following = true;
  if (!(await act({ text }))) $("composer").value = text;
});

$("toggles").addEventListener("change", async ({ target }) => {
  const path = `/people/${current}`;
  if (target.name === "stopped_marketing") {
    await call("POST", `${path}/preferences`, { value: target.checked ? "stop" : "resume" });
  } else {
    await call("PATCH", path, { [target.name]: target.checked });
  }
});

$("add-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("add-error").textContent = "";
  try {
    const person = await call("POST", "/people", Object.fromEntries(new FormData(event.target)));
    event.target.reset();
    $("add-person").open = false;
    await loadPeople();
    await hold(person.wa_id);
  } catch (error) {
    $("add-error").textContent = `That did not work: ${error.message}`;
  }
});

$("back").addEventListener("click", () => {
  const before = current;
  hold(null);
  document.querySelector(`[data-testid="person-${CSS.escape(before)}"]`)?.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && $("options").open) $("options").open = false;
});
document.addEventListener("click", (event) => {
  if (!$("options").contains(event.target)) $("options").open = false;
});

// --- time: shown, and moved on, only where the simulator was started so -------------------------

let ahead = 0; // milliseconds that its clock is ahead of ours
function showTime() {
  const at = new Date(Date.now() + ahead);
  $("now").textContent = at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}
async function loadTime(found) {
  const { at, movable } = await (found || call("GET", "/clock"));
  ahead = at * 1000 - Date.now();
  $("time").hidden = !movable;
  showTime();
}
$("time").addEventListener("click", async ({ target }) => {
  if (!target.dataset.by) return;
  $("time-error").textContent = "";
  try {
    await loadTime(call("POST", "/clock", { by_s: Number(target.dataset.by) }));
  } catch (error) {
    $("time-error").textContent = `That did not work: ${error.message}`;
  }
});
loadTime().catch(() => null);
setInterval(showTime, 15000);

// News comes in bursts; one refresh a moment later covers a whole burst.
let planned = null;
function refreshSoon(who) {
  const concerns = who === null || who.includes(current);
  planned = planned || { timer: setTimeout(refresh, 60), concerns: false };
  planned.concerns = planned.concerns || concerns;
}
async function refresh() {
  const { concerns } = planned;
  planned = null;
  await loadPeople().catch(() => null);
  if (concerns) await loadConversation().catch(() => null);
}

const news = new EventSource("/sim/stream");
news.onmessage = (event) => refreshSoon(JSON.parse(event.data).people);
news.onopen = () => refreshSoon(null);
document.addEventListener("visibilitychange", () => refreshSoon(null));
