"use strict";
// All articles: filters by body, person, role, day and words; deadlines over time. The data are infer/site.py's rows.
(() => {
  const PAGE = 40; // articles shown at a time
  const FEW = 3; // records of an article shown at first
  const OPTIONS = 200; // suggestions under a field
  const BINS = 45; // bars of the timeline, where the next coarser unit would do
  const ACTORS = ["issuer", "assignees", "coordinators", "recipients"];
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

  const find = (id) => document.getElementById(id);
  const form = find("filters");
  const field = form.elements;
  const articles = JSON.parse(find("data").textContent);
  for (const article of articles) {
    article.parties = article.parties.map(([text, body, person, personName, agency]) =>
      ({ text, body, person, personName, bodyName: agency ? text : "" }));
    article.records = article.records.map(([issuer, assignees, coordinators, recipients, what, when, due]) =>
      ({ issuer, assignees, coordinators, recipients, what, when, due }));
  }
  const total = articles.reduce((sum, article) => sum + article.records.length, 0);

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // ---------------------------------------------------------------- words

  const folded = new Map();
  /** Text without case, tones and marks: both spellings of "hòa" are one, and "so tai chinh" finds "Sở Tài chính". */
  function fold(text) {
    let plain = folded.get(text);
    if (plain === undefined) {
      plain = text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d");
      folded.set(text, plain);
    }
    return plain;
  }

  // ---------------------------------------------------------------- who there is

  /** Key → names, how often, and a label that no other key has. */
  function people(kind) {
    const all = new Map();
    for (const article of articles) {
      for (const party of article.parties) {
        const key = party[kind];
        if (!key) continue;
        let entry = all.get(key);
        if (!entry) all.set(key, (entry = { key, names: new Set(), count: 0, title: article.title }));
        entry.count += 1;
        if (party[kind + "Name"]) entry.names.add(party[kind + "Name"]);
      }
    }
    const same = new Map();
    for (const entry of all.values()) {
      const names = [...entry.names].sort((a, b) => b.length - a.length);
      entry.label = names.find((name) => name.length <= 60) || names[0] || entry.key.replaceAll("-", " ");
      same.set(entry.label, (same.get(entry.label) || 0) + 1);
    }
    for (const entry of all.values()) {
      if (same.get(entry.label) > 1) entry.label += " · " + where(entry);
      entry.words = fold([entry.label, entry.key.split("@")[0], ...entry.names].join("\n"));
    }
    return [...all.values()].sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
  }

  const PLACE = /-((?:tinh|thanh-pho|huyen|quan|thi-xa|thi-tran|phuong|xa)-.+)/; // in a key of infer/keys.py

  /** What tells a key from another of the same name: the rest of it, or the one article that it is of ("~"). */
  function where(entry) {
    if (entry.key.includes("~")) return entry.title.slice(0, 40);
    if (entry.key.includes("@")) return entry.key.split("@")[1].replaceAll("-", " ");
    return (PLACE.exec(entry.key)?.[1] || entry.key).replaceAll("-", " ");
  }

  const lists = {};
  const list = (kind) => (lists[kind] ||= people(kind));

  /** The keys that a field means: the one whose label it is, else all with these words; null where it is empty. */
  function keys(kind, value) {
    const words = fold(value.trim());
    if (!words) return null;
    const exact = list(kind).filter((entry) => entry.label === value.trim());
    return new Set((exact.length ? exact : list(kind).filter((entry) => entry.words.includes(words))).map((e) => e.key));
  }

  function suggest(kind, target) {
    const words = fold(field[kind].value.trim());
    const fitting = list(kind).filter((entry) => entry.words.includes(words)).slice(0, OPTIONS);
    find(target).replaceChildren(...fitting.map((entry) => make("option", { value: entry.label })));
  }

  // ---------------------------------------------------------------- which records

  const inside = (day, from, until) => (!from || day >= from) && (!until || day <= until);

  /** [{article, records}] that pass all filters; `dates: false` leaves the days out of account. */
  function filter(dates = true) {
    const role = field.role.value;
    const [from, until] = dates ? [field.from.value, field.until.value] : ["", ""];
    const words = fold(field.words.value.trim());
    const wanted = [["body", keys("body", field.body.value)], ["person", keys("person", field.person.value)]]
      .filter(([, set]) => set);
    const fits = (parties, numbers) => wanted.every(([kind, set]) => numbers.some((n) => set.has(parties[n][kind])));
    const free = !from && !until && (!wanted.length || role === "mentioned");
    const found = [];
    for (const article of articles) {
      const { parties } = article;
      if (role === "mentioned" && !fits(parties, [...parties.keys()])) continue;
      const titled = !words || fold(article.title + "\n" + article.id).includes(words);
      const records = article.records.filter((record) => {
        if ((from || until) && !record.due.some((day) => inside(day, from, until))) return false;
        if (wanted.length && role !== "mentioned") {
          const numbers = role ? record[role] : ACTORS.flatMap((name) => record[name]);
          if (!fits(parties, numbers)) return false;
        }
        return titled || sayings(record, parties).some((text) => fold(text).includes(words));
      });
      if (records.length || (free && titled)) found.push({ article, records });
    }
    return found;
  }

  const sayings = (record, parties) =>
    [...record.what, ...record.when, ...ACTORS.flatMap((name) => record[name].map((n) => parties[n].text))];

  const LAST = "9999-99-99";
  const firstDue = ({ records }) => {
    const days = records.flatMap((record) => record.due.filter((day) => inside(day, field.from.value, field.until.value)));
    return days.length ? days.reduce((a, b) => (a < b ? a : b)) : LAST;
  };
  function sort(found) {
    if (field.sort.value === "due") {
      const due = new Map(found.map((one) => [one, firstDue(one)]));
      return found.sort((a, b) => (due.get(a) < due.get(b) ? -1 : due.get(a) > due.get(b) ? 1 : 0));
    }
    return found.sort((a, b) => (a.article.date > b.article.date ? -1 : a.article.date < b.article.date ? 1 : 0));
  }

  // ---------------------------------------------------------------- the list

  const names = (numbers, parties) => numbers.map((n) => parties[n].text).join(", ");

  function line(record, article) {
    const { parties } = article;
    const number = article.records.indexOf(record) + 1;
    const parts = [];
    const add = (word, text, kind) => {
      if (text) parts.push(make("span", { class: kind }, make("span", { class: "key" }, word), " ",
        make("span", { lang: "vi" }, text)));
    };
    add("who", names(record.issuer, parties), "rest");
    add("whom", names(record.assignees, parties), "whom");
    add("with", names(record.coordinators, parties), "rest");
    add("to", names(record.recipients, parties), "rest");
    add("what", record.what.join("; "), "what");
    add("by when", record.when.join("; "), "rest");
    const due = make("span", { class: "due" }, record.due.join("\n") || "no date");
    return make("li", {}, make("a", { href: `${article.file}#record=${number}` }, due, make("span", { class: "said" }, ...parts)));
  }

  function card({ article, records }) {
    const title = make("h2", { lang: "vi" }, make("a", { href: article.file }, article.title));
    const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
    const facts = [article.date || "no date", count(article.records.length, "record"), count(article.mentions, "mention")];
    const items = make("ol", { class: "lines" }, ...records.slice(0, FEW).map((record) => line(record, article)));
    const box = make("article", {}, title, make("p", { class: "facts" }, facts.join(" · ")), items);
    if (records.length > FEW) {
      const button = make("button", { type: "button", class: "others" }, `${records.length - FEW} more`);
      button.addEventListener("click", () => {
        const rest = records.slice(FEW).map((record) => line(record, article));
        items.append(...rest);
        rest[0].firstChild.focus();
        button.remove();
      });
      box.append(button);
    }
    return box;
  }

  let found = [];
  let shown = 0;
  function more() {
    const next = found.slice(shown, shown + PAGE).map(card);
    find("list").append(...next);
    shown += next.length;
    find("more").hidden = shown >= found.length;
    return next[0];
  }

  // ---------------------------------------------------------------- deadlines over time

  const UNITS = [10, 7, 4]; // a day, a month, a year: so many characters of an ISO date
  const lastDay = (month) => new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).getUTCDate();
  const ends = (bin) =>
    bin.length === 4 ? [bin + "-01-01", bin + "-12-31"] : bin.length === 7 ? [bin + "-01", `${bin}-${lastDay(bin)}`] : [bin, bin];
  const caption = (bin) => (bin.length === 4 ? bin : bin.length === 7 ? MONTHS[bin.slice(5) - 1] : String(Number(bin.slice(8))));

  /** All days, months or years from the first to the last that is there; those that are there alone, if too many. */
  function range(counts, unit) {
    const used = [...counts.keys()].sort();
    const out = [];
    const day = new Date(ends(used[0])[0] + "T00:00:00Z");
    const last = used[used.length - 1];
    for (let bin = used[0]; bin <= last; bin = day.toISOString().slice(0, unit)) {
      if (out.push(bin) > BINS) return used.slice(0, 4 * BINS);
      if (unit === 10) day.setUTCDate(day.getUTCDate() + 1);
      else if (unit === 7) day.setUTCMonth(day.getUTCMonth() + 1);
      else day.setUTCFullYear(day.getUTCFullYear() + 1);
    }
    return out;
  }

  function timeline() {
    const { value: from } = field.from;
    const { value: until } = field.until;
    const days = found.flatMap(({ records }) => records.flatMap((r) => r.due.filter((day) => inside(day, from, until))));
    find("deadlines").hidden = !days.length && !from && !until;
    find("dated").textContent = days.length.toLocaleString("en");
    find("bins").replaceChildren();
    if (!days.length) return;
    const [first, last] = days.reduce(([a, b], day) => [day < a ? day : a, day > b ? day : b], [LAST, ""]);
    const span = [
      (Date.parse(last) - Date.parse(first)) / 864e5,
      (last.slice(0, 4) - first.slice(0, 4)) * 12 + (last.slice(5, 7) - first.slice(5, 7)),
      0,
    ];
    const unit = UNITS[span.findIndex((length) => length < BINS)];
    const counts = new Map();
    for (const day of days) counts.set(day.slice(0, unit), (counts.get(day.slice(0, unit)) || 0) + 1);
    const most = Math.max(...counts.values());
    const above = unit === 10 ? 7 : 4;
    let group = "";
    find("bins").dataset.unit = ["day", "month", "year"][UNITS.indexOf(unit)];
    find("bins").append(...range(counts, unit).map((bin) => {
      const count = counts.get(bin) || 0;
      const starts = unit !== 4 && bin.slice(0, above) !== group;
      group = bin.slice(0, above);
      const button = make("button", { type: "button", title: `${bin}: ${count}`, "aria-label": `${bin}: ${count} deadlines` },
        make("span", { class: "many", "aria-hidden": "true" }, count ? String(count) : ""),
        make("span", { class: "column" }), make("span", { class: "bin", "aria-hidden": "true" }, caption(bin)));
      button.style.setProperty("--share", count / most);
      button.disabled = !count;
      button.addEventListener("click", () => {
        const [start, end] = ends(bin);
        const again = field.from.value === start && field.until.value === end;
        [field.from.value, field.until.value] = again ? ["", ""] : [start, end];
        update();
        find("bins").querySelector("button:enabled")?.focus();
      });
      return make("li", starts ? { "data-group": group } : {}, button);
    }));
    find("bins").scrollLeft = find("bins").scrollWidth; // where there is not room for all, the latest
  }

  // ---------------------------------------------------------------- all together

  const FIELDS = ["body", "person", "role", "from", "until", "words", "sort"];

  function update(remember = true) {
    found = sort(filter());
    shown = 0;
    find("list").replaceChildren();
    more();
    timeline();
    const records = found.reduce((sum, one) => sum + one.records.length, 0);
    const all = records === total && found.length === articles.length;
    const number = (n) => n.toLocaleString("en");
    find("found").textContent = all
      ? `${number(articles.length)} articles, ${number(total)} records`
      : `${number(records)} of ${number(total)} records, in ${number(found.length)} of ${number(articles.length)} articles`;
    if (!found.length) find("list").append(make("p", { class: "none" }, "Nothing fits these filters."));
    if (!remember) return;
    const state = new URLSearchParams(FIELDS.filter((name) => field[name].value).map((name) => [name, field[name].value]));
    try {
      history.replaceState(null, "", "#" + state);
    } catch { /* some browsers keep the address of a file as it is */ }
  }

  function restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const name of FIELDS) field[name].value = state.get(name) || "";
    update(false);
  }

  for (const [kind, target] of [["body", "bodies"], ["person", "persons"]]) {
    field[kind].addEventListener("focus", () => suggest(kind, target));
    field[kind].addEventListener("input", () => suggest(kind, target));
  }
  form.addEventListener("input", () => update());
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update)); // once the fields are empty
  find("more").addEventListener("click", () => more()?.querySelector("a").focus());
  addEventListener("hashchange", restore);
  restore();
})();
