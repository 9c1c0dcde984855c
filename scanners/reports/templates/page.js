"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];

  // Search: cards and table rows whose text holds every word.
  const search = one("#fs-search"), count = one("#fs-count"), openAll = one("#fs-open");
  const things = all("main > section > .card, main > section > .scroll tbody tr").map((element) => ({ element, text: null }));
  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const thing of things) {
      thing.text ??= thing.element.textContent.toLowerCase();
      thing.element.hidden = !words.every((word) => thing.text.includes(word));
      if (!thing.element.hidden) shown += 1;
    }
    count.textContent = words.length ? `${shown} of ${things.length} shown` : "";
  }
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 60); });
  search.form.addEventListener("submit", (event) => event.preventDefault());
  openAll.addEventListener("click", () => {
    const open = openAll.textContent === "Open all";
    for (const card of all(".card")) card.open = open;
    openAll.textContent = open ? "Close all" : "Open all";
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { search.value = ""; apply(); search.blur(); }
    else if (event.key === "/" && event.target !== search) { search.focus(); search.select(); event.preventDefault(); }
  });

  // Paper shows everything open, and puts it back afterwards.
  let closed = [];
  addEventListener("beforeprint", () => { closed = all("details:not([open])"); for (const element of closed) element.open = true; });
  addEventListener("afterprint", () => { for (const element of closed) element.open = false; });
})();
