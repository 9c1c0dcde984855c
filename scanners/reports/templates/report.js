"use strict";
(() => {
  const root = document.documentElement;
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  const form = one(".filters");
  if (!form) return;

  // Findings: what the filters ask for is read from the elements once.
  const LETTER = { c: "changes", d: "depends", s: "same" };
  const findings = all(".finding").map((element) => {
    const { impact, verdict, rule, type, effects } = element.dataset;
    const byProfile = new Map(effects.split(" ").filter(Boolean).map((token) => [token.slice(0, -1), LETTER[token.slice(-1)]]));
    return { element, impact, verdict, rule, type, byProfile, text: null };
  });
  const groups = all("[data-group]").map((element) => ({ element, number: one(".number", element), members: [] }));
  const groupOf = new Map(groups.map((group) => [group.element, group]));
  for (const finding of findings) groupOf.get(finding.element.closest("[data-group]")).members.push(finding);

  const search = one("#fs-search"), profile = one("#fs-profile"), kind = one("#fs-kind");
  const count = one("#fs-count"), clear = one("#fs-clear"), openAll = one("#fs-open"), nothing = one("#fs-nothing");
  const checked = (name) => new Set(all(`input[name=${name}]:checked`, form).map((input) => input.value));
  const format = (number) => number.toLocaleString("en-US");
  const plural = (number) => `${format(number)} finding${number === 1 ? "" : "s"}`;

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const impacts = checked("impact"), verdicts = checked("verdict");
    const split = kind.value.indexOf(" ");
    const field = kind.value.slice(0, Math.max(split, 0)), wanted = kind.value.slice(split + 1);
    const filtered = words.length || impacts.size || verdicts.size || profile.value || kind.value;
    const matches = (finding) => {
      if (impacts.size && !impacts.has(finding.impact)) return false;
      if (field && finding[field] !== wanted) return false;
      // With a profile chosen, the verdict is the one on that profile.
      const verdict = profile.value ? finding.byProfile.get(profile.value) : finding.verdict;
      if (!verdict || (verdicts.size && !verdicts.has(verdict))) return false;
      if (!words.length) return true;
      finding.text ??= finding.element.textContent.toLowerCase();
      return words.every((word) => finding.text.includes(word));
    };
    let shown = 0;
    for (const group of groups) {
      let here = 0;
      for (const finding of group.members) {
        const hide = !matches(finding);
        if (finding.element.hidden !== hide) finding.element.hidden = hide;
        if (!hide) here += 1;
      }
      group.element.hidden = here === 0;
      const total = group.members.length;
      group.number.textContent = here === total ? plural(total) : `${format(here)} of ${plural(total)}`;
      shown += here;
    }
    nothing.hidden = shown > 0;
    clear.hidden = !filtered;
    root.classList.toggle("filtered", Boolean(filtered));
    count.textContent = filtered ? `${format(shown)} of ${plural(findings.length)} shown` : plural(findings.length);
  }
  const reset = () => { form.reset(); apply(); };

  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 60); });
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  clear.addEventListener("click", () => { reset(); search.focus(); });

  for (const button of all("[data-pick]")) {
    button.disabled = button.classList.contains("zero");
    button.addEventListener("click", () => {
      form.reset();
      for (const value of button.dataset.pick.split(" ")) one(`input[value=${value}]`, form).checked = true;
      apply();
      one("#fs-findings").scrollIntoView();
    });
  }

  // Open and close.
  const visible = () => findings.filter((finding) => !finding.element.hidden).map((finding) => finding.element);
  openAll.addEventListener("click", () => {
    const open = openAll.textContent === "Open all";
    for (const element of visible()) element.open = open;
    openAll.textContent = open ? "Close all" : "Open all";
  });

  // Keys: / searches, j and k (or the arrows, from a finding) go on and back, Escape clears.
  function step(by) {
    const list = visible();
    const at = list.indexOf(document.activeElement?.closest(".finding"));
    const nearest = list.findIndex((element) => element.getBoundingClientRect().bottom > form.offsetHeight);
    const next = at < 0 ? nearest : Math.min(Math.max(at + by, 0), list.length - 1);
    const summary = list[next] && one("summary", list[next]);
    summary?.focus();
    summary?.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input[type=search], select");
    if (event.key === "Escape" && (typing || root.classList.contains("filtered"))) {
      reset();
      search.blur();
    } else if (typing) {
      return;
    } else if (event.key === "/") {
      search.focus();
      search.select();
    } else if (event.key === "j" || (event.key === "ArrowDown" && event.target.closest(".finding > summary"))) {
      step(1);
    } else if (event.key === "k" || (event.key === "ArrowUp" && event.target.closest(".finding > summary"))) {
      step(-1);
    } else {
      return;
    }
    event.preventDefault();
  });

  // Deep links open their finding, even one that the filters hide.
  function reveal() {
    let id = "";
    try { id = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const element = document.getElementById(id);
    if (!element?.classList.contains("finding")) return;
    if (element.hidden) reset();
    element.open = true;
    element.scrollIntoView();
    one("summary", element).focus({ preventScroll: true });
  }
  addEventListener("hashchange", reveal);

  // Paper shows everything open, and puts it back afterwards.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const element of closed) element.open = true;
  });
  addEventListener("afterprint", () => { for (const element of closed) element.open = false; });

  apply();
  reveal();
  addEventListener("load", () => setTimeout(reveal)); // the browser's own jump takes the focus away
})();
