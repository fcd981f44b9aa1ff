// Comfort only: every page works without this file.
"use strict";

for (const form of document.querySelectorAll('form[data-comfort="submit"]')) {
  form.addEventListener("change", () => form.requestSubmit());
}

// Keys: / finds, j and k go down and up the list, ? tells.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    document.getElementById("q")?.focus();
    event.preventDefault();
  }
  if (event.key === "j" || event.key === "k") {
    const rows = [...document.querySelectorAll('a[data-comfort="row"]')];
    const at = rows.indexOf(document.activeElement);
    rows.at(event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0))?.focus();
  }
});
