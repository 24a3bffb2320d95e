// The page in the browser: asks the server for the view of the address, and puts it on the screen.
// Gradio runs this once, with `element` (the component) and `server` (its functions in Python).

const page = element.querySelector("#f1lake");
const ASK_EVERY_MS = 10000;
let stamp = "", shown = null, asked = 0;

// ---- views and addresses

async function show(query, { seen = "", focus = null } = {}) {
  const turn = ++asked;
  let answer;
  try {
    const said = { query, languages: (navigator.languages || []).join(","), seen };
    answer = JSON.parse(await server.show(JSON.stringify(said)));
  } catch (error) {
    if (turn === asked && !seen) offline();
    return;
  }
  if (turn !== asked || !answer.html) return;
  const focused = focus || document.activeElement?.id;
  page.querySelector(".offline")?.remove();
  stamp = answer.stamp;
  shown = query;
  document.documentElement.lang = answer.language;
  document.title = answer.title;
  put(answer.html);
  document.querySelector("body > .first-paint")?.remove();
  page.dataset.ready = query;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// Of the same view only the parts are replaced: a slider stays under the finger, what is unfolded stays so.
function put(html) {
  const fresh = document.createElement("div");
  fresh.innerHTML = html;
  const [old, view] = [page.querySelector("[data-view]"), fresh.querySelector("[data-view]")];
  const parts = [...fresh.querySelectorAll("[data-part]")];
  const place = part => old.querySelector(`[data-part="${part.dataset.part}"]`);
  if (old && old.dataset.view === view.dataset.view && parts.length && parts.every(place) &&
      old.querySelectorAll("[data-part]").length === parts.length) {
    parts.forEach(part => place(part).replaceWith(part));
  } else {
    const search = page.querySelector(".top .search"), isTyping = search?.contains(document.activeElement);
    if (isTyping && search.querySelector("input").value) view.querySelector(".top .search").replaceWith(search);
    page.replaceChildren(view);
  }
  page.querySelectorAll("time[data-local]").forEach(localise);
  page.querySelectorAll("[data-origin]").forEach(place => { place.textContent = new URL(".", window.location).href; });
  const tab = page.querySelector(".tabs [aria-current]"); // the bar scrolls by itself, the page stays where it is
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
}

function offline() {
  const says = document.documentElement.lang.startsWith("pt") || (!stamp && navigator.language.startsWith("pt"))
    ? "Sem resposta do servidor. Tentando de novo…" : "The server does not answer. Trying again…";
  let note = page.querySelector(".offline");
  if (!note) {
    note = Object.assign(document.createElement("p"), { className: "offline" });
    note.setAttribute("role", "alert");
    page.prepend(note);
  }
  note.textContent = says;
  setTimeout(() => show(window.location.search, { focus: document.activeElement?.id }), 3000);
}

// Fields that are not ours, such as Gradio's __theme, stay in the address.
function address(query) {
  const foreign = [...new URLSearchParams(window.location.search)].filter(([name]) => name.startsWith("__"));
  const wanted = new URLSearchParams(query);
  foreign.forEach(([name, value]) => wanted.set(name, value));
  return window.location.pathname + (wanted.size ? "?" + wanted.toString().replaceAll("%2C", ",") : "");
}

// Another view begins at its top; another choice in a view, and the way back, keep their place.
function go(query, { replace = false, focus = null } = {}) {
  const place = query => ["tab", "who"].map(name => new URLSearchParams(query).get(name)).join(" ");
  const stay = place(query) === place(window.location.search);
  if (!replace) window.history.replaceState({ y: window.scrollY }, "");
  window.history[replace ? "replaceState" : "pushState"](replace ? window.history.state : null, "", address(query));
  return show(window.location.search, { focus }).then(() => { if (!stay) window.scrollTo(0, 0); });
}

window.history.scrollRestoration = "manual";
window.addEventListener("popstate", event =>
  show(window.location.search).then(() => window.scrollTo(0, event.state?.y ?? 0)));
setInterval(() => {
  if (!document.hidden && shown === window.location.search) show(shown, { seen: stamp });
}, ASK_EVERY_MS);

page.addEventListener("click", event => {
  const link = event.target.closest("a[href^='?']");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    if (link.closest(".search")) link.closest(".search").querySelector("[data-find]").blur();
    go(link.dataset.open ? opened(link.dataset.open) : link.getAttribute("href"));
  }
  const skip = event.target.closest(".skip");
  if (skip) { event.preventDefault(); page.querySelector("#content").focus(); }
  const share = event.target.closest("[data-share-link]");
  if (share) shareLink(share);
});
page.addEventListener("keydown", event => {
  if (event.key === " " && event.target.matches("a[role=button]")) { event.preventDefault(); event.target.click(); }
});

// ---- choices

page.addEventListener("change", event => {
  const field = event.target;
  if (field.matches("select[data-go]")) go(field.value, { focus: field.id });
  if (field.closest("form[data-what-if]")) suppose(field.closest("form"), field.id);
});
page.addEventListener("input", event => {
  if (event.target.matches("[data-find]")) find(event.target);
  if (event.target.matches("input[data-days]")) slide(event.target);
});
page.addEventListener("submit", event => event.preventDefault());

// The search, on every page: the server finds drivers and teams by parts of their names; arrows choose, Enter opens.
let finding = 0;
async function find(field) {
  const turn = ++finding, list = document.getElementById(field.getAttribute("aria-controls"));
  const answer = field.value.trim() ? JSON.parse(await server.find(JSON.stringify({
    words: field.value, query: field.dataset.find, languages: (navigator.languages || []).join(",") }))) : "";
  if (turn !== finding) return;
  page.querySelectorAll("[role=listbox]").forEach(other => other.replaceChildren());
  list.innerHTML = answer;
  field.setAttribute("aria-expanded", String(Boolean(answer)));
  choose(field, 0);
}
function choose(field, place) {
  const found = [...document.getElementById(field.getAttribute("aria-controls")).querySelectorAll("a")];
  found.forEach((link, n) => link.setAttribute("aria-selected", String(n === (place + found.length) % found.length)));
  const chosen = found.find(link => link.getAttribute("aria-selected") === "true");
  if (chosen) field.setAttribute("aria-activedescendant", chosen.id); else field.removeAttribute("aria-activedescendant");
  return [found.indexOf(chosen), chosen];
}
page.addEventListener("keydown", async event => {
  const field = event.target;
  if (!field.matches("[data-find]")) return;
  const list = document.getElementById(field.getAttribute("aria-controls"));
  const now = [...list.querySelectorAll("a")].findIndex(link => link.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(field, now + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Escape") {
    field.value = "";
    find(field);
  } else if (event.key === "Enter") {
    if (now < 0) await find(field);
    const [, chosen] = choose(field, Math.max(now, 0));
    if (chosen) chosen.click();
  }
});

let sliding = 0;
function slide(slider) {
  clearTimeout(sliding);
  const query = new URLSearchParams(slider.dataset.address);
  query.set("day", slider.dataset.days.split(",")[slider.value]);
  sliding = setTimeout(() => go("?" + query, { replace: true, focus: slider.id }), 30);
}

// The address is ahead of the view while a scenario is computed: what is chosen next is added to the address.
function opened(round) {
  const query = new URLSearchParams(window.location.search);
  query.set("round", round);
  return "?" + query;
}

function suppose(form, focus) {
  const query = new URLSearchParams(window.location.search);
  for (const what of ["wins", "out", "places"]) {
    const chosen = [...form.querySelectorAll(`[name=${what}]`)].filter(field => field.value);
    const said = chosen.map(field => `${field.dataset.round}.${field.value}`).join(",");
    if (said) query.set(what, said); else query.delete(what);
  }
  form.setAttribute("aria-busy", "true");
  return go("?" + query.toString().replaceAll("%2C", ","), { replace: true, focus })
    .finally(() => form.removeAttribute("aria-busy"));
}

async function shareLink(button) {
  try {
    if (navigator.share && matchMedia("(pointer: coarse)").matches) {
      await navigator.share({ title: document.title, url: window.location.href });
    } else {
      await navigator.clipboard.writeText(window.location.href);
      button.textContent = button.dataset.shareLink;
    }
  } catch { window.prompt(button.textContent, window.location.href); }
}

// ---- times of the visitor's zone

function localise(time) {
  const instant = new Date(time.dateTime), language = document.documentElement.lang === "pt" ? "pt-BR" : "en-GB";
  const formats = {
    time: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
    zone: { timeZoneName: "long" },
  };
  const parts = new Intl.DateTimeFormat(language, formats[time.dataset.local]).formatToParts(instant);
  time.textContent = time.dataset.local === "zone"
    ? parts.find(part => part.type === "timeZoneName").value : parts.map(part => part.value).join("");
}

// ---- charts: what a step holds, under the pointer or by the arrow keys

const at = chart => (chart.at ??= JSON.parse(chart.dataset.chart));

function point(chart, step) {
  const { x, steps, lines } = at(chart);
  if (!(step in steps)) return;
  chart.step = step;
  const [cursor, tip] = [chart.querySelector(".cursor"), chart.querySelector(".tip")];
  const there = lines.filter(line => line.y[step] !== null).sort((a, b) => a.y[step] - b.y[step]);
  cursor.hidden = tip.hidden = false;
  cursor.style.left = x[step] / 10 + "%";
  cursor.replaceChildren(...there.map(line => {
    const dot = document.createElement("i");
    dot.style.cssText = `top: ${line.y[step] / 10}%; background: ${line.color}`;
    return dot;
  }));
  const words = (tag, text, name = "") => Object.assign(document.createElement(tag), { textContent: text, className: name });
  const list = document.createElement("ul");
  there.forEach(line => {
    const [label, moved] = line.labels[step].split("  "), row = document.createElement("li");
    row.style.setProperty("--team", line.color);
    row.append(words("span", line.name), words("b", label), words("em", moved || ""));
    list.append(row);
  });
  tip.replaceChildren(words("strong", steps[step][0]), words("p", steps[step][1]), list);
  const plot = chart.querySelector(".plot"), width = plot.offsetWidth, left = plot.offsetLeft + x[step] / 1000 * width;
  const isRight = left > chart.offsetWidth / 2;
  tip.style.left = Math.max(0, Math.min(chart.offsetWidth - tip.offsetWidth,
    isRight ? left - tip.offsetWidth - 14 : left + 14)) + "px";
}

function leave(chart) {
  chart.querySelector(".cursor").hidden = chart.querySelector(".tip").hidden = true;
}

function nearest(plot, event) {
  const box = plot.getBoundingClientRect(), place = (event.clientX - box.left) / box.width * 1000;
  const { x } = at(plot.closest("[data-chart]"));
  return x.reduce((best, value, step) => Math.abs(value - place) < Math.abs(x[best] - place) ? step : best, 0);
}

for (const kind of ["pointermove", "pointerdown"]) page.addEventListener(kind, event => {
  const plot = event.target.closest?.(".plot");
  if (plot?.closest("[data-chart]")) point(plot.closest("[data-chart]"), nearest(plot, event));
});
page.addEventListener("pointerout", event => {
  const chart = event.target.closest?.("[data-chart]");
  if (chart && event.pointerType === "mouse" && !chart.contains(event.relatedTarget)) leave(chart);
});
page.addEventListener("focusout", event => {
  const chart = event.target.closest?.("[data-chart]");
  if (chart) leave(chart);
});
page.addEventListener("keydown", event => {
  const chart = event.target.matches?.(".plot") && event.target.closest("[data-chart]");
  if (!chart) return;
  const last = at(chart).steps.length - 1, now = chart.step ?? last + 1;
  const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }[event.key];
  if (event.key === "Escape") leave(chart);
  if (to === undefined || to < 0 || to > last) return;
  event.preventDefault();
  point(chart, to);
  const rows = [...chart.querySelectorAll(".tip li")].slice(0, 6).map(row => row.textContent).join(", ");
  chart.querySelector("[aria-live]").textContent = `${at(chart).steps[to].join(". ")}. ${rows}`;
});

show(window.location.search);
