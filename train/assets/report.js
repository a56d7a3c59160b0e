"use strict";
// Lists of mistakes: filters by what their items carry (data-kind, data-label …) and by words; a part of them at a time.
(() => {
  const PAGE = 25; // mistakes shown at a time

  /** Text without case, tones and marks: "so tai chinh" finds "Sở Tài chính". */
  const fold = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d");

  document.querySelectorAll("form.filters").forEach((form) => {
    const items = [...document.getElementById(form.dataset.list).children];
    const selects = [...form.querySelectorAll("select")];
    const words = form.elements.words;
    const found = form.nextElementSibling;
    const left = found.textContent;
    const folded = new Map();
    const more = document.createElement("button");
    more.type = "button";
    more.className = "more";
    items[0].parentElement.after(more);
    let shown = PAGE;

    function textOf(item) {
      let text = folded.get(item);
      if (text === undefined) folded.set(item, (text = fold(item.textContent)));
      return text;
    }

    function show() {
      const wanted = selects.filter((select) => select.value);
      const said = fold(words.value.trim());
      const fitting = items.filter((item) =>
        wanted.every((select) => item.dataset[select.name] === select.value) && (!said || textOf(item).includes(said)));
      const visible = new Set(fitting.slice(0, shown));
      items.forEach((item) => { item.hidden = !visible.has(item); });
      const all = items.length.toLocaleString("en");
      found.textContent = fitting.length === items.length
        ? `${all} mistakes.${left}` : `${fitting.length.toLocaleString("en")} of ${all} mistakes.${left}`;
      const rest = fitting.length - visible.size;
      more.hidden = rest === 0;
      more.textContent = `Show ${Math.min(rest, PAGE)} more of ${rest.toLocaleString("en")}`;
    }

    function restart() {
      shown = PAGE;
      show();
    }

    form.addEventListener("input", restart);
    form.addEventListener("reset", () => setTimeout(restart)); // the fields are emptied after the event
    form.addEventListener("submit", (event) => event.preventDefault());
    more.addEventListener("click", () => {
      const next = [...items].filter((item) => !item.hidden).length;
      shown += PAGE;
      show();
      const first = items.filter((item) => !item.hidden)[next]; // the keyboard goes on where the list went on
      if (first) {
        first.tabIndex = -1;
        first.focus({ preventScroll: true });
      }
    });
    form.addEventListener("choose", (event) => {
      form.reset();
      for (const [name, value] of Object.entries(event.detail)) form.elements[name].value = value;
      restart();
    });
    show();
  });

  // a number in a table of mistakes leads to these mistakes
  document.querySelectorAll("a[data-kind]").forEach((link) => {
    link.addEventListener("click", () => {
      const form = document.querySelector("form[data-list=spans]");
      form.dispatchEvent(new CustomEvent("choose", { detail: { kind: link.dataset.kind, label: link.dataset.label } }));
    });
  });
})();
