// Follow what is typed into a form: ask the server what it would come to, and show the parts that
// it answers with. Without this file a button of the form asks for them.
const PAUSE_MS = 400;
const form = document.querySelector("form[data-sketch]");
let waiting = 0;
let asked = 0;

form.addEventListener("input", later);
form.addEventListener("change", later);

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, PAUSE_MS);
}

async function ask() {
  const mine = ++asked;
  try {
    const sent = { method: "POST", body: new FormData(form), redirect: "manual" };
    const answer = await fetch(form.dataset.sketch, sent);
    if (answer.ok && mine === asked) show(await answer.text());
  } catch {
    // The server is away: what stands there stays, and the next letter asks again.
  }
}

function show(html) {
  const answered = new DOMParser().parseFromString(html, "text/html");
  for (const next of answered.querySelectorAll("[data-part]")) {
    const old = form.querySelector(`[data-part="${next.dataset.part}"]`);
    // Fields that somebody types into are replaced only where others are wanted.
    if (next.dataset.key !== undefined && next.dataset.key === old.dataset.key) continue;
    if (next.dataset.key !== undefined) old.dataset.key = next.dataset.key;
    old.replaceChildren(...next.childNodes);
  }
}
