"use strict";
// One article: a record shows its mentions, a mention its records; notes on hover and focus. See infer/pages.py.
(() => {
  const text = document.getElementById("text");
  const bar = document.getElementById("bar");
  const tip = document.getElementById("tip");
  const cards = [...document.querySelectorAll(".record")];
  const marks = [...text.querySelectorAll("mark")];
  const passages = [...text.querySelectorAll("[data-passage]")];
  const pills = [...document.querySelectorAll("[data-record]")];
  const smooth = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  let selected = 0; // the record's number, 0 for none

  const has = (list, number) => (list || "").split(" ").includes(String(number));

  function select(number, scroll) {
    selected = number;
    const card = cards[number - 1];
    const mine = card ? new Set(card.dataset.mentions.split(" ").map((n) => "m" + n)) : new Set();
    text.classList.toggle("selected", Boolean(card));
    cards.forEach((other) => other.setAttribute("aria-pressed", String(other === card)));
    marks.forEach((mark) => mark.classList.toggle("on", mine.has(mark.id)));
    passages.forEach((one) => one.classList.toggle("passage", has(one.dataset.passage, number)));
    pills.forEach((pill) => pill.setAttribute("aria-pressed", String(Number(pill.dataset.record) === number)));
    bar.hidden = !card;
    document.getElementById("which").textContent = card ? `Record ${number} of ${cards.length}` : "";
    try {
      history.replaceState(null, "", card ? "#record=" + number : location.href.split("#")[0]);
    } catch { /* some browsers keep the address of a file as it is */ }
    if (!card || !scroll) return;
    const first = text.querySelector("mark.on, .passage");
    if (scroll === "text" && first) first.scrollIntoView({ block: "center", behavior: smooth });
    // beside the text the records scroll by themselves; under it the reader stays with the text
    const list = document.getElementById("records");
    const seen = card.offsetTop >= list.scrollTop && card.offsetTop + card.offsetHeight <= list.scrollTop + list.clientHeight;
    if (!seen && list.scrollHeight > list.clientHeight) {
      list.scrollTo({ top: card.offsetTop - list.clientHeight / 3, behavior: smooth });
    }
  }

  function showTip(mark) {
    tip.replaceChildren();
    const label = document.createElement("strong");
    label.textContent = mark.dataset.label;
    tip.append(label, mark.dataset.notes ? "\n" + mark.dataset.notes : "");
    tip.hidden = false;
    mark.setAttribute("aria-describedby", "tip");
    const box = mark.getClientRects()[0];
    const left = Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 6;
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = (above > 4 ? above : mark.getBoundingClientRect().bottom + 6) + "px";
  }

  function hideTip(mark) {
    tip.hidden = true;
    if (mark) mark.removeAttribute("aria-describedby");
  }

  function showRecords(mark) {
    const records = (mark.dataset.records || "").split(" ").filter(Boolean).map(Number);
    // the next of the mention's records each time, then none
    if (records.length) select(records[records.indexOf(selected) + 1] || 0, "card");
  }

  marks.forEach((mark) => {
    mark.addEventListener("mouseenter", () => showTip(mark));
    mark.addEventListener("mouseleave", () => hideTip(mark));
    mark.addEventListener("focus", () => showTip(mark));
    mark.addEventListener("blur", () => hideTip(mark));
    mark.addEventListener("click", () => showRecords(mark));
    mark.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      showRecords(mark);
    });
  });
  addEventListener("scroll", () => hideTip(), { passive: true });

  const toggle = (number) => select(number === selected ? 0 : number, "text");
  cards.forEach((card, index) => card.addEventListener("click", () => toggle(index + 1)));
  pills.forEach((pill) => pill.addEventListener("click", () => toggle(Number(pill.dataset.record))));

  bar.addEventListener("click", (event) => {
    const go = event.target.closest("button")?.dataset.go;
    if (go === "list") {
      cards[selected - 1].scrollIntoView({ block: "center", behavior: smooth });
      cards[selected - 1].focus({ preventScroll: true });
    } else if (go === "0") select(0);
    else if (go) select(((selected - 1 + Number(go) + cards.length) % cards.length) + 1, "text");
  });

  document.querySelectorAll(".legend button").forEach((button) => {
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      marks.filter((mark) => mark.dataset.label === button.dataset.label)
        .forEach((mark) => mark.classList.toggle("off", !shown));
    });
  });

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (!tip.hidden) hideTip();
    else select(0);
  });

  const fromAddress = () => {
    const number = Number((/^#record=(\d+)$/.exec(location.hash) || [])[1] || 0);
    if (number >= 1 && number <= cards.length && number !== selected) select(number, "text");
  };
  addEventListener("hashchange", fromAddress);
  fromAddress();
})();
