// Keeps the changing part of a page up to date: asks once a second, and says so when it cannot.
const part = document.getElementById("live");
const old = document.getElementById("live-old");
const says = document.getElementById("live-says");
const EVERY = 1000;
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: "Europe/London" });
let version = part.dataset.version;
let good = new Date();
let wait = EVERY;
let busy = false;
let stopped = false;

const address = () => {
  const url = new URL(part.dataset.liveUrl, window.location.href);
  url.searchParams.set("version", version);
  return url;
};

// Somebody who is typing or choosing inside the part must not lose what they did.
const occupied = () => {
  const at = document.activeElement;
  return part.contains(at) && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName);
};

const swap = (html) => {
  const at = document.activeElement;
  const inside = part.contains(at);
  const id = inside && at.id;
  const href = inside && at.getAttribute("href");
  const open = new Set([...part.querySelectorAll("details[open][id]")].map((one) => one.id));
  const across = [...part.querySelectorAll(".app-scroll")].map((one) => one.scrollLeft);
  part.innerHTML = html;
  for (const one of part.querySelectorAll("details[id]")) one.open = one.open || open.has(one.id);
  part.querySelectorAll(".app-scroll").forEach((one, place) => { one.scrollLeft = across[place] || 0; });
  if (!inside) return;
  const again = (id && document.getElementById(id)) || (href && [...part.querySelectorAll("a")].find((one) => one.getAttribute("href") === href));
  if (again) again.focus({ preventScroll: true });
};

const fine = () => {
  good = new Date();
  wait = EVERY;
  old.hidden = true;
  part.classList.remove("app-live-stale");
  says.textContent = "This page refreshes by itself.";
};

const failed = (words) => {
  const sentence = `This page is old: it shows what was known at ${clock.format(good)}. ${words}`;
  if (old.textContent !== sentence) old.textContent = sentence;
  old.hidden = false;
  part.classList.add("app-live-stale");
  says.textContent = "This page does not refresh at the moment.";
  wait = Math.min(10 * EVERY, wait * 1.5);
};

const ask = async () => {
  if (busy || stopped || document.hidden || occupied()) return;
  busy = true;
  try {
    const answer = await fetch(address(), { headers: { "X-Wherry-Poll": "1" }, redirect: "manual", signal: AbortSignal.timeout(8000) });
    if (answer.status === 200 && answer.headers.has("X-Wherry-Version")) {
      const html = await answer.text();
      if (!occupied()) {
        version = answer.headers.get("X-Wherry-Version");
        swap(html);
      }
      fine();
    } else if (answer.status === 204) {
      fine();
    } else if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) {
      failed("You are no longer signed in, or may no longer see it: load the page again.");
      stopped = true;
    } else {
      failed("The server answered with an error; trying again.");
    }
  } catch {
    failed("The server does not answer; trying again.");
  } finally {
    busy = false;
  }
};

const turn = async () => {
  await ask();
  if (!stopped) window.setTimeout(turn, wait);
};

document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
if (part.dataset.version && !part.querySelector("[data-past]")) {
  fine();
  window.setTimeout(turn, EVERY);
}
