// The page works without this. With it, a report is sent and its states are shown in place: the server renders every
// state, and this swaps the contents of <main>.

const LOOK_UP_AFTER_MS = 1500;
const POLL_MS = 2000;
const LONGEST_PAUSE_MS = 15000;

const main = document.querySelector("main");
let here = address();

// ---- Addresses

function address() {
  return location.pathname + location.search;
}

function goTo(url) {
  history.replaceState(null, "", url);
  here = address();
}

/** Leave an entry behind that leads back to a fresh form. */
function goOnTo(url) {
  history.replaceState(null, "", "/");
  history.pushState(null, "", url);
  here = address();
}

// ---- Asking the server

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Fetch a page of ours; whatever else stands in the way of one throws. */
async function fetchPage(url, options = {}) {
  const response = await fetch(url, { headers: { Accept: "text/html" }, ...options });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (!page.querySelector("main#main")) throw new TypeError("not a page of ours");
  return { response, page };
}

/** Look at a page, again and again with growing pauses until the server answers for it; say when it did not. */
async function lookAt(url, lost) {
  for (let wait = POLL_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
    await pause(wait);
    const answer = await fetchPage(url).catch(() => null);
    if (answer && answer.response.status < 500) return answer;
    lost();
  }
}

// ---- Showing a state

/** Show a state in the part of the page that screen readers listen to. */
function tell(state) {
  const progress = document.getElementById("progress");
  if (progress.dataset.state !== state) {
    progress.dataset.state = state;
    progress.replaceChildren(document.getElementById(state).content.cloneNode(true));
    progress.scrollIntoView({ block: "nearest" });
    tick();
  }
  return progress;
}

function show(page) {
  const next = page.querySelector("main");
  const start = next.querySelector("[autofocus]") ?? next.querySelector("h1");
  // What takes the focus by itself does so when a document loads; here this script gives it.
  start.removeAttribute("autofocus");
  start.tabIndex = -1;
  document.title = page.title;
  main.replaceChildren(...next.childNodes);
  scrollTo(0, 0);
  start.focus();
  begin();
}

function begin() {
  const form = main.querySelector("form[data-decide]");
  if (form) watchFields(form);
  tick();
  if (main.querySelector("[data-poll]")) poll();
}

function tick() {
  const panel = main.querySelector("[data-running]");
  if (!panel) return;
  const since = performance.now() - 1000 * panel.dataset.elapsedSeconds;
  const timer = setInterval(() => {
    if (!panel.isConnected) return clearInterval(timer);
    panel.querySelector("[data-elapsed]").textContent = Math.floor((performance.now() - since) / 1000);
  }, 250);
}

/** On the page of a running decision, wait for its end. */
async function poll() {
  const progress = document.getElementById("progress");
  const url = location.href;
  while (progress.isConnected) {
    const { page } = await lookAt(url, () => progress.isConnected && tell("lost"));
    if (!progress.isConnected) return;
    if (!page.querySelector("[data-poll]")) return show(page);
    progress.replaceChildren();
    delete progress.dataset.state;
  }
}

// ---- Sending a report

function hold(form, busy) {
  form.toggleAttribute("data-busy", busy);
  form.querySelector("button[type=submit]").setAttribute("aria-disabled", busy);
  for (const field of form.querySelectorAll("input, textarea")) field.readOnly = busy;
}

async function decide(form) {
  if (form.hasAttribute("data-busy")) return;
  const sent = `/?submission=${encodeURIComponent(form.elements.submission_key.value)}`;
  hold(form, true);
  tell("running");
  goTo(sent);
  const lookUp = setTimeout(() => showTraceId(form, sent), LOOK_UP_AFTER_MS);
  let answer = await send(form);
  clearTimeout(lookUp);
  while (!answer || answer.page.querySelector("[data-poll]")) {
    tell(answer ? "running" : "lost");
    const { response, page } = await lookAt(sent, () => tell("lost"));
    if (!response.redirected) return keep(form, response.ok ? null : page.querySelector("[data-detail]"));
    // Once it has ended, sending it again brings the stored answer, with the text in the form if it failed.
    answer = page.querySelector("[data-poll]") ? { page } : await send(form);
  }
  answered(form, answer);
}

/** Post the form; no answer is null. The server takes the same submission key once, however often it is sent. */
function send(form) {
  const body = new URLSearchParams(new FormData(form));
  const signal = AbortSignal.timeout(1000 * form.dataset.patienceSeconds);
  return fetchPage(form.action, { method: "POST", body, signal }).catch(() => null);
}

/** A decision that takes long is shown with its trace id, and its address is the result's. */
async function showTraceId(form, sent) {
  const answer = await fetchPage(sent).catch(() => null);
  const trace = answer?.page.querySelector("[data-running] [data-trace]");
  const panel = form.querySelector("[data-running]");
  if (!trace || !panel) return;
  panel.querySelector("[data-trace]").replaceWith(trace);
  goTo(answer.response.url);
}

function answered(form, { response, page }) {
  if (page.querySelector("form[data-decide]")) {
    goTo(response.headers.get("Content-Location") ?? form.action);
    show(page);
  } else if (response.ok) {
    goOnTo(response.url);
    show(page);
  } else {
    keep(form, page.querySelector("[data-detail]"));
  }
}

/** Nothing was decided: leave the text where it is, to be sent again under the same key. */
function keep(form, detail) {
  goTo(form.action);
  const progress = tell("unsent");
  if (detail) progress.querySelector("[data-detail]").replaceWith(detail);
  hold(form, false);
}

// ---- Help while typing

// What Python strips from the ends of a text, which is not quite what JavaScript does.
const BLANK = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const ENDS = new RegExp(`^${BLANK}+|${BLANK}+$`, "g");

/** Count as the server does: characters, not UTF-16 units, each line end as one, the ends stripped. */
function lengthOf(text) {
  return [...text.replace(/\r\n?/g, "\n").replace(ENDS, "")].length;
}

function countOf(field) {
  const { shortest, longest } = field.dataset;
  const length = lengthOf(field.value);
  if (length > longest) return `${length} of ${longest} characters: ${length - longest} too many`;
  if (length && length < shortest) return `${length} of ${longest} characters: ${shortest - length} more needed`;
  return `${length} of ${longest} characters`;
}

function watchFields(form) {
  const secret = new RegExp(form.dataset.secretShapes, "u");
  for (const field of form.querySelectorAll(".field input, .field textarea")) {
    const warning = field.closest(".field").querySelector("[data-secret-warning]");
    const look = () => { warning.hidden = !secret.test(field.value); };
    field.addEventListener("input", look);
    look();
  }
  watchLength(form.elements.credential_report);
}

/** Show the count at once; say it to a screen reader once typing rests. */
function watchLength(field) {
  const count = field.form.querySelector("[data-count]");
  const said = field.form.querySelector("[data-count-said]");
  let rest;
  count.textContent = countOf(field);
  field.addEventListener("input", () => {
    count.textContent = countOf(field);
    clearTimeout(rest);
    rest = setTimeout(() => { said.textContent = count.textContent; }, 1000);
  });
}

// ---- Copying a trace id, without the clipboard API, which plain HTTP does not have

function copy(button) {
  const trace = button.closest(".trace");
  getSelection().selectAllChildren(trace.querySelector(".trace-id"));
  const done = document.execCommand("copy");
  trace.querySelector("[role=status]").textContent = done ? "Copied" : "Selected: copy it with Ctrl+C or ⌘C";
}

// ---- What starts all this

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-decide]")) return;
  event.preventDefault();
  decide(event.target);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

// Back and forward lead to another state than the one shown; a link within the page does not.
addEventListener("popstate", () => {
  if (address() !== here) location.reload();
});

begin();
