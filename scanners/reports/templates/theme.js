"use strict";
(() => {
  const root = document.documentElement;
  root.classList.remove("no-js");

  // Theme: the system's, until the reader chooses; storage may be refused for local files.
  const theme = document.querySelector("#fs-theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const showTheme = () => {
    theme.textContent = isDark() ? "Light" : "Dark";
    theme.setAttribute("aria-pressed", String(isDark()));
    theme.setAttribute("aria-label", isDark() ? "Use light colors" : "Use dark colors");
  };
  try { root.dataset.theme = localStorage.getItem("freeseat-theme") || ""; } catch { /* not remembered */ }
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("freeseat-theme", root.dataset.theme); } catch { /* not remembered */ }
    showTheme();
  });
  showTheme();
})();
