// The page works without this script. With it, the form is sent in the background, and states replace the contents of
// <main>. The server renders them all. Addresses, names and limits come from the markup.

const LOOK_UP_AFTER_MS = 1500;
const POLL_MS = 2000;
const LONGEST_PAUSE_MS = 15000;
const PATIENCE_MS = 10000;
const LONGEST_QUEUE_MS = 600000;
const QUEUE_PAUSE_S = 5;
const TICK_MS = 200;

const main = document.querySelector("main");
let shownAddress = currentAddress();
let countTimer;
let leaving = false;

// ---- Addresses

function currentAddress() {
  return location.pathname + location.search;
}

function formAddress(form) {
  return new URL(form.action).pathname;
}

function replaceAddress(url) {
  history.replaceState(null, "", url);
  shownAddress = currentAddress();
}

/** Add a history entry for what is sent, so that Back leads to a new form. The entry of a failure is used again. */
function enterAddress(url, form) {
  if (location.pathname === formAddress(form)) {
    history.replaceState(null, "", formAddress(form));
    // What is shown after `leaveAddress` scrolls by itself.
    history.scrollRestoration = "manual";
    history.pushState(null, "", url);
    history.scrollRestoration = "auto";
  }
  replaceAddress(url);
}

/** Undo `enterAddress`. */
async function leaveAddress(before, form) {
  if (before.split("?")[0] === formAddress(form)) {
    shownAddress = formAddress(form);
    history.back();
    await new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
  }
  replaceAddress(before);
}

// ---- Requests

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Fetch a page of this service. Return null if it does not answer in time. */
async function fetchPage(url, { patience = PATIENCE_MS, ...options } = {}) {
  try {
    const signal = AbortSignal.timeout(patience);
    const response = await fetch(url, { headers: { Accept: "text/html" }, signal, ...options });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.querySelector("main#main") ? { response, page } : null;
  } catch {
    return null;
  } finally {
    // After Back nothing may change the address of the page that comes.
    if (leaving) await new Promise(() => {});
  }
}

async function fetchUntilAnswered(url, unanswered) {
  for (let wait = POLL_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
    await pause(wait);
    const answer = await fetchPage(url);
    if (answer && answer.response.status < 500) return answer;
    unanswered();
  }
}

const isRunning = (page) => page.querySelector("[data-poll]");
const isCrowded = (page) => page.querySelector("[data-crowded]");

// ---- Showing a state

/** Show a state below the form or the running panel, and announce its heading. */
function showState(state) {
  const progress = document.getElementById("progress");
  if (progress.dataset.state === state) return progress;
  const hadFocus = progress.contains(document.activeElement);
  progress.dataset.state = state;
  progress.replaceChildren(document.getElementById(state).content.cloneNode(true));
  progress.scrollIntoView({ block: "nearest" });
  const heading = progress.querySelector("h2");
  announce(heading.textContent);
  if (hadFocus) focusOn(heading);
  runTimer(progress.querySelector("[data-running]"));
  return progress;
}

function announce(text) {
  document.getElementById("announcement").textContent = text;
}

function focusOn(element) {
  // A heading cannot have the focus without it. A field would leave the order of the Tab key.
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus();
}

function showPage(page) {
  const next = page.querySelector("main");
  const target = next.querySelector("[autofocus]") ?? next.querySelector("h1");
  // `autofocus` works only when a document loads, so this script sets the focus.
  target.removeAttribute("autofocus");
  document.title = page.title;
  main.replaceChildren(...next.childNodes);
  // The session may have ended.
  document.querySelector(".site-header").replaceWith(page.querySelector(".site-header"));
  scrollTo(0, 0);
  focusOn(target);
  setUp();
}

function setUp() {
  const form = main.querySelector("form[data-decide]");
  runTimer(main.querySelector("[data-running]"));
  if (isRunning(main)) pollRunning();
  if (form) watchFields(form);
}

function runTimer(panel) {
  if (!panel) return;
  const seconds = panel.querySelector("[data-elapsed]");
  const start = Date.now() - 1000 * panel.dataset.elapsedSeconds;
  const timer = setInterval(() => {
    if (!seconds.isConnected) clearInterval(timer);
    else seconds.textContent = Math.floor((Date.now() - start) / 1000);
  }, 1000);
}

async function pollRunning() {
  const progress = document.getElementById("progress");
  const url = location.href;
  while (progress.isConnected) {
    const { page } = await fetchUntilAnswered(url, () => progress.isConnected && showState("lost"));
    if (!progress.isConnected) return;
    if (!isRunning(page)) return showPage(page);
    progress.replaceChildren();
    delete progress.dataset.state;
  }
}

// ---- Sending a report

function setBusy(form, busy) {
  form.toggleAttribute("data-busy", busy);
  form.querySelector("button[type=submit]").setAttribute("aria-disabled", busy);
  for (const field of form.querySelectorAll(".field input, .field textarea")) field.readOnly = busy;
}

async function decide(form) {
  if (form.hasAttribute("data-busy")) return;
  clearTimeout(countTimer);
  const before = shownAddress;
  const sent = `${formAddress(form)}?submission=${encodeURIComponent(form.elements.submission_key.value)}`;
  main.querySelector(":scope > .problem")?.remove();
  document.title = document.title.replace(/^Error: /, "");
  const steps = document.querySelectorAll("#progress:not([data-state]) > *");
  const queue = { until: Date.now() + LONGEST_QUEUE_MS, steps };
  setBusy(form, true);
  showState("running");
  enterAddress(sent, form);
  let answer = await sendInQueue(form, sent, queue);
  while (!answer || isRunning(answer.page)) {
    if (!answer) showState("lost");
    const { response, page } = await fetchUntilAnswered(sent, () => showState("lost"));
    // A form that was queued and did not arrive is sent again.
    const waits = response.ok && queue.entered && !queue.stopped && Date.now() < queue.until;
    if (!response.redirected && !waits) return showUnsent(form, before, response.ok ? null : page);
    if (isRunning(page)) showTrace(response, page);
    // After a failure, send the form again: the response is the same failure with the text in the form.
    const again = !response.redirected || page.querySelector(".verdict-failed");
    answer = again ? await sendInQueue(form, sent, queue) : { response, page };
  }
  if (queue.stopped && isCrowded(answer.page)) leaveQueue(form, before, queue);
  else showAnswer(form, before, answer);
}

/** Post the form. The server accepts each submission key once, so sending it again is safe. */
async function send(form, sent) {
  const lookUp = setTimeout(() => lookUpTrace(form, sent), LOOK_UP_AFTER_MS);
  const patience = 1000 * form.dataset.patienceSeconds;
  const answer = await fetchPage(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), patience });
  clearTimeout(lookUp);
  return answer;
}

/** Show the trace id and the address of a decision that takes long. */
async function lookUpTrace(form, sent) {
  const answer = await fetchPage(sent);
  const stillWaiting = shownAddress === sent && form.isConnected && form.hasAttribute("data-busy");
  if (answer && stillWaiting && isRunning(answer.page)) showTrace(answer.response, answer.page);
}

function showTrace(response, page) {
  const panel = showState("running").querySelector("[data-running]");
  const found = page.querySelector("[data-running]");
  panel.querySelector("[data-trace]").replaceWith(found.querySelector("[data-trace]"));
  panel.querySelector("[data-elapsed]").replaceWith(found.querySelector("[data-elapsed]"));
  panel.dataset.elapsedSeconds = found.dataset.elapsedSeconds;
  runTimer(panel);
  replaceAddress(response.url);
}

async function showAnswer(form, before, { response, page }) {
  const again = page.querySelector("form[data-decide]");
  const address = again ? response.headers.get("Content-Location") : response.url;
  if (!again && !response.ok) return showUnsent(form, before, page);
  if (address) replaceAddress(address);
  else await leaveAddress(before, form);
  showPage(page);
}

/** Nothing was decided: keep the text, to be sent again under the same key, and show the page's reason. */
async function showUnsent(form, before, page) {
  await leaveAddress(before, form);
  const detail = page?.querySelector("[data-detail]");
  const progress = showState("unsent");
  if (detail) progress.querySelector("[data-detail]").replaceWith(detail);
  setBusy(form, false);
}

// ---- Waiting for a place. The server stores nothing meanwhile: the form is sent again.

/** Post the form while every place is taken, until the customer stops or the queue's time is over. */
async function sendInQueue(form, sent, queue) {
  for (;;) {
    const answer = await send(form, sent);
    if (!answer || !isCrowded(answer.page) || queue.stopped) return answer;
    const seconds = Number(answer.response.headers.get("Retry-After")) || QUEUE_PAUSE_S;
    // Those refused together come back at different times.
    const wait = 1000 * seconds * (1 + Math.random() / 2);
    if (Date.now() + wait > queue.until) return answer;
    queue.entered = true;
    await countDown(wait, queue);
    if (queue.stopped || Date.now() > queue.until) return answer;
  }
}

/** Show the time to the next attempt. A customer who stops during one leaves the queue when it is refused. */
async function countDown(wait, queue) {
  const panel = showState("queued");
  const countdown = panel.querySelector("[data-countdown]");
  panel.querySelector("[data-stop]").onclick = () => { queue.stopped = true; };
  const end = Date.now() + wait;
  for (let left = wait; left > 0 && !queue.stopped; left = end - Date.now()) {
    countdown.textContent = `${Math.ceil(left / 1000)} s`;
    await pause(Math.min(left, TICK_MS));
  }
  countdown.textContent = "0 s";
}

async function leaveQueue(form, before, queue) {
  const progress = document.getElementById("progress");
  await leaveAddress(before, form);
  progress.replaceChildren(...queue.steps);
  delete progress.dataset.state;
  announce("");
  setBusy(form, false);
  form.querySelector("[data-longest]").focus();
}

// ---- Help while typing

// As Python's `isspace` and access/characters.py have it.
const BLANK = /(?!\ufeff)[\s\x1c-\x1f\x85]/;
const INVISIBLE = /[\p{C}\p{DI}\u2800\ufffc\u{1d159}]/u;

/**
 * Count as the server does, in characters instead of UTF-16 units and with each line end as one: all but blanks at the
 * ends, for the longest length, and those that can be seen, with blanks in a row as one, for the shortest.
 */
function lengthsOf(text) {
  const all = [...text.replace(/\r\n?/g, "\n")];
  const isFilled = (character) => !BLANK.test(character);
  const characters = all.slice(all.findIndex(isFilled), all.findLastIndex(isFilled) + 1);
  const shown = characters.map((each) => (isFilled(each) ? each : " ")).filter((each) => !INVISIBLE.test(each));
  return [characters.length, [...shown.join("").trim().replace(/ +/g, " ")].length];
}

function grouped(number) {
  return Number(number).toLocaleString("en");
}

function countOf(field) {
  const { shortest, longest } = field.dataset;
  const [length, seen] = lengthsOf(field.value);
  const count = `${grouped(length)} of ${grouped(longest)} characters`;
  if (length > longest) return `${count}: ${grouped(length - longest)} too many`;
  const visible = seen < length ? `, ${seen} visible` : "";
  if (length && seen < shortest) return `${count}${visible}: ${shortest - seen} more needed`;
  return count;
}

function watchFields(form) {
  const text = form.querySelector("[data-longest]");
  const count = form.querySelector("[data-count]");
  const showCount = () => { count.textContent = countOf(text); };
  showCount();
  text.addEventListener("input", () => {
    showCount();
    clearTimeout(countTimer);
    // Screen readers are told once typing has paused.
    countTimer = setTimeout(() => announce(count.textContent), 1000);
  });
  const secret = new RegExp(form.dataset.secretShapes, "u");
  for (const field of form.querySelectorAll(".field input, .field textarea")) {
    const warning = field.closest(".field").querySelector("[data-secret-warning]");
    // A text that is too long is refused anyway, so only its beginning is searched.
    const check = () => { warning.hidden = !secret.test(field.value.slice(0, 4 * text.dataset.longest)); };
    field.addEventListener("input", check);
    // A field that was refused says why until it is changed.
    if (!field.closest(".field-wrong")) check();
  }
}

// ---- Copying. Plain HTTP has no clipboard API, so this selects the text and copies it.

async function copy(button) {
  const copyable = button.closest("[data-copyable]");
  const status = copyable.querySelector("[role=status]");
  getSelection().selectAllChildren(copyable.querySelector("[data-copied]"));
  const done = document.execCommand("copy");
  // A screen reader does not announce the same text twice.
  status.textContent = "";
  await pause(50);
  status.textContent = done ? "Copied" : "Selected: copy it with Ctrl+C or ⌘C";
}

// ---- Start

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

// After Back and Forward the page must load again. A link within the page does not change the address.
addEventListener("popstate", () => {
  leaving = currentAddress() !== shownAddress;
  if (leaving) location.reload();
});

setUp();
