// The page works without this. With it, a report is sent and its states are shown in place: the server renders every
// state, and this swaps the contents of <main>.

const LOOK_UP_AFTER_MS = 1500;
const POLL_MS = 2000;
const LONGEST_PAUSE_MS = 15000;
const PATIENCE_MS = 10000;

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

/** Fetch a page of ours; null when no server of ours answered in time. */
async function fetchPage(url, { patience = PATIENCE_MS, ...options } = {}) {
  try {
    const signal = AbortSignal.timeout(patience);
    const response = await fetch(url, { headers: { Accept: "text/html" }, signal, ...options });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.querySelector("main#main") ? { response, page } : null;
  } catch {
    return null;
  }
}

/** Look at a page, again and again with growing pauses until the server answers for it; say when it did not. */
async function lookAt(url, unanswered) {
  for (let wait = POLL_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
    await pause(wait);
    const answer = await fetchPage(url);
    if (answer && answer.response.status < 500) return answer;
    unanswered();
  }
}

function isRunning(page) {
  return page.querySelector("[data-poll]") !== null;
}

// ---- Showing a state

/** Show a state below the form, or below the panel of a running decision, and say its heading to a screen reader. */
function tell(state) {
  const progress = document.getElementById("progress");
  if (progress.dataset.state === state) return progress;
  progress.dataset.state = state;
  progress.replaceChildren(document.getElementById(state).content.cloneNode(true));
  progress.scrollIntoView({ block: "nearest" });
  document.getElementById("said").textContent = progress.querySelector("h2").textContent;
  tick(progress.querySelector("[data-running]"));
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
  // It says who is signed in, which may have ended.
  document.querySelector(".site-header").replaceWith(page.querySelector(".site-header"));
  scrollTo(0, 0);
  start.focus();
  begin();
}

function begin() {
  const form = main.querySelector("form[data-decide]");
  tick(main.querySelector("[data-running]"));
  if (isRunning(main)) poll();
  if (form) watchFields(form);
}

/** Let the seconds go on from the server's figure for as long as the panel is shown. */
function tick(panel) {
  if (!panel) return;
  const seconds = panel.querySelector("[data-elapsed]");
  const start = Date.now() - 1000 * panel.dataset.elapsedSeconds;
  const timer = setInterval(() => {
    if (!seconds.isConnected) clearInterval(timer);
    else seconds.textContent = Math.floor((Date.now() - start) / 1000);
  }, 1000);
}

/** On the page of a running decision, wait for its end. */
async function poll() {
  const progress = document.getElementById("progress");
  const url = location.href;
  while (progress.isConnected) {
    const { page } = await lookAt(url, () => progress.isConnected && tell("lost"));
    if (!progress.isConnected) return;
    if (!isRunning(page)) return show(page);
    progress.replaceChildren();
    delete progress.dataset.state;
  }
}

// ---- Sending a report

function hold(form, busy) {
  form.toggleAttribute("data-busy", busy);
  form.querySelector("button[type=submit]").setAttribute("aria-disabled", busy);
  for (const field of form.querySelectorAll(".field input, .field textarea")) field.readOnly = busy;
}

async function decide(form) {
  if (form.hasAttribute("data-busy")) return;
  const before = here;
  const sent = `/?submission=${encodeURIComponent(form.elements.submission_key.value)}`;
  main.querySelector(":scope > .problem")?.remove();
  document.title = document.title.replace(/^Error: /, "");
  hold(form, true);
  tell("running");
  goTo(sent);
  const lookUp = setTimeout(() => lookUpTrace(form, sent), LOOK_UP_AFTER_MS);
  let answer = await send(form);
  clearTimeout(lookUp);
  while (!answer || isRunning(answer.page)) {
    if (!answer) tell("lost");
    const { response, page } = await lookAt(sent, () => tell("lost"));
    if (!response.redirected) return keep(form, before, response.ok ? null : page);
    if (isRunning(page)) showTrace(response, page);
    // A failure is sent for once more: its stored answer has the text in the form.
    answer = page.querySelector(".verdict-failed") ? await send(form) : { response, page };
  }
  answered(form, before, answer);
}

/** Post the form. The server takes a submission key once, however often it is sent. */
function send(form) {
  const patience = 1000 * form.dataset.patienceSeconds;
  return fetchPage(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), patience });
}

/** A decision that takes long is shown with its trace id, and its address is the result's. */
async function lookUpTrace(form, sent) {
  const answer = await fetchPage(sent);
  const stillWaiting = here === sent && form.isConnected && document.getElementById("progress").dataset.state === "running";
  if (answer && stillWaiting && isRunning(answer.page)) showTrace(answer.response, answer.page);
}

function showTrace(response, page) {
  const panel = tell("running").querySelector("[data-running]");
  const found = page.querySelector("[data-running]");
  panel.querySelector("[data-trace]").replaceWith(found.querySelector("[data-trace]"));
  panel.querySelector("[data-elapsed]").replaceWith(found.querySelector("[data-elapsed]"));
  panel.dataset.elapsedSeconds = found.dataset.elapsedSeconds;
  tick(panel);
  goTo(response.url);
}

function answered(form, before, { response, page }) {
  if (page.querySelector("form[data-decide]")) {
    goTo(response.headers.get("Content-Location") ?? before);
    show(page);
  } else if (response.ok) {
    goOnTo(response.url);
    show(page);
  } else {
    keep(form, before, page);
  }
}

/** Nothing was decided: leave the text where it is, to be sent again under the same key, and say why if a page told. */
function keep(form, before, page) {
  goTo(before);
  const detail = page?.querySelector("[data-detail]");
  const progress = tell("unsent");
  if (detail) progress.querySelector("[data-detail]").replaceWith(detail);
  hold(form, false);
}

// ---- Help while typing

// What Python strips from the ends of a text, which is not quite what JavaScript does.
const BLANK = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
// No report is as long as this; a longer text is refused for that.
const LONGEST_SEARCHED = 2000;

/** Count as the server does: characters, not UTF-16 units, each line end as one, the ends stripped. */
function lengthOf(text) {
  const characters = [...text.replace(/\r\n?/g, "\n")];
  let [start, end] = [0, characters.length];
  while (start < end && BLANK.test(characters[start])) start += 1;
  while (start < end && BLANK.test(characters[end - 1])) end -= 1;
  return end - start;
}

function countOf(field) {
  const { shortest, longest } = field.dataset;
  const length = lengthOf(field.value);
  if (length > longest) return `${length} of ${longest} characters: ${length - longest} too many`;
  if (length && length < shortest) return `${length} of ${longest} characters: ${shortest - length} more needed`;
  return `${length} of ${longest} characters`;
}

function watchFields(form) {
  watchLength(form.elements.credential_report);
  const secret = new RegExp(form.dataset.secretShapes, "u");
  for (const field of form.querySelectorAll(".field input, .field textarea")) {
    const warning = field.closest(".field").querySelector("[data-secret-warning]");
    const look = () => { warning.hidden = !secret.test(field.value.slice(0, LONGEST_SEARCHED)); };
    field.addEventListener("input", look);
    look();
  }
}

/** Show the count at once; say it to a screen reader once typing rests. */
function watchLength(field) {
  const count = field.form.querySelector("[data-count]");
  let rest;
  count.textContent = countOf(field);
  field.addEventListener("input", () => {
    count.textContent = countOf(field);
    clearTimeout(rest);
    rest = setTimeout(() => { document.getElementById("said").textContent = count.textContent; }, 1000);
  });
}

// ---- Copying a trace id, without the clipboard API, which plain HTTP does not have

async function copy(button) {
  const trace = button.closest(".trace");
  const told = trace.querySelector("[role=status]");
  getSelection().selectAllChildren(trace.querySelector(".trace-id"));
  const done = document.execCommand("copy");
  // Said anew each time: the same words would not be.
  told.textContent = "";
  await pause(50);
  told.textContent = done ? "Copied" : "Selected: copy it with Ctrl+C or ⌘C";
}

// ---- What starts all this

document.documentElement.classList.add("with-script");

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
