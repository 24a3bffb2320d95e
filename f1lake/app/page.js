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
    page.replaceChildren(view);
  }
  page.querySelectorAll("time[data-local]").forEach(localise);
  page.querySelectorAll("[data-origin]").forEach(place => { place.textContent = new URL(".", window.location).href; });
  page.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
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

function go(query, { replace = false, stay = false, focus = null } = {}) {
  window.history[replace ? "replaceState" : "pushState"](null, "", address(query));
  if (!stay) window.scrollTo(0, 0);
  return show(window.location.search, { focus });
}

window.addEventListener("popstate", () => show(window.location.search));
setInterval(() => {
  if (!document.hidden && shown === window.location.search) show(shown, { seen: stamp });
}, ASK_EVERY_MS);

page.addEventListener("click", event => {
  const link = event.target.closest("a[href^='?']");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    go(link.getAttribute("href"), { stay: link.closest("[data-stay]") || link.closest(".choices, .languages") });
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
  if (field.matches("select[data-go]")) go(field.value, { stay: true, focus: field.id });
  if (field.matches("[data-find]")) find(field);
  if (field.closest("form[data-what-if]")) suppose(field.closest("form"), field.id);
});
page.addEventListener("input", event => {
  if (event.target.matches("[data-find]")) find(event.target);
  if (event.target.matches("input[data-days]")) slide(event.target);
});
page.addEventListener("submit", event => event.preventDefault());

// The drivers' and teams' search: names in a datalist, each with its id. Only the view of all of them has it from
// the start; elsewhere it comes from there once somebody searches.
page.addEventListener("focusin", async event => {
  const field = event.target;
  if (!field.matches("[data-find]") || field.list.options.length) return;
  const answer = JSON.parse(await server.show(JSON.stringify({ query: field.dataset.find })));
  const everybody = new DOMParser().parseFromString(answer.html, "text/html").querySelector("datalist");
  if (everybody && field.list) field.list.replaceChildren(...everybody.children);
});
function find(field) {
  const found = [...field.list.options].find(option => option.value.toLowerCase() === field.value.toLowerCase());
  const query = new URLSearchParams(field.dataset.find);
  if (found) { query.set("who", found.dataset.who); go("?" + query); }
}

let sliding = 0;
function slide(slider) {
  clearTimeout(sliding);
  const query = new URLSearchParams(slider.dataset.address);
  query.set("day", slider.dataset.days.split(",")[slider.value]);
  sliding = setTimeout(() => go("?" + query, { replace: true, stay: true, focus: slider.id }), 30);
}

function suppose(form, focus) {
  const query = new URLSearchParams(form.dataset.address);
  for (const what of ["wins", "out"]) {
    const chosen = [...form.querySelectorAll(`select[name=${what}]`)].filter(field => field.value);
    const said = chosen.map(field => `${field.dataset.round}.${field.value}`).join(",");
    if (said) query.set(what, said); else query.delete(what);
  }
  form.setAttribute("aria-busy", "true");
  return go("?" + query.toString().replaceAll("%2C", ","), { replace: true, stay: true, focus })
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
    const [told, moved] = line.told[step].split("  "), row = document.createElement("li");
    row.style.setProperty("--team", line.color);
    row.append(words("span", line.name), words("b", told), words("em", moved || ""));
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
