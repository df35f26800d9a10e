/* Small improvements on every page; all of it works, a little less comfortably, without this file. */
(() => {
  "use strict";

  // Show a password while typing it: [data-reveal="id of the field"] around a checkbox.
  document.querySelectorAll("[data-reveal]").forEach((box) => {
    const field = document.getElementById(box.dataset.reveal);
    box.hidden = false;
    box.querySelector("input").addEventListener("change", (event) => {
      field.type = event.target.checked ? "text" : "password";
    });
  });

  // The account menu closes on Escape and on a press elsewhere.
  const menus = document.querySelectorAll("details.menu");
  document.addEventListener("click", (event) => {
    menus.forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus.forEach((menu) => {
      if (!menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // The summary of errors takes the focus by `autofocus`; a swapped part needs help with it.
  document.addEventListener("htmx:after:swap", () => document.querySelector(".error-summary")?.focus());

  // A form is sent once: a second press while the first is on its way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sending) event.preventDefault();
    form.dataset.sending = "1";
    setTimeout(() => delete form.dataset.sending, 4000);  // an answer may be a file: the page stays
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sending]").forEach((form) => delete form.dataset.sending);
  });

  // Compare a chosen file with the published hash in the browser; without this the form posts the file.
  // [data-sha256] with data-status (id), data-text-comparing, data-text-same, data-text-different ({file}).
  const drop = document.querySelector("[data-sha256]");
  if (drop && window.crypto?.subtle) {
    const status = document.getElementById(drop.dataset.status);
    const frame = status.closest(".note");
    drop.querySelector("input[type=file]").addEventListener("change", async (event) => {
      const file = event.target.files[0];
      if (!file) return;
      frame.hidden = false;
      status.textContent = drop.dataset.textComparing;
      const sum = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
      const hex = [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      const same = hex === drop.dataset.sha256;
      frame.classList.toggle("note-ok", same);
      status.textContent = (same ? drop.dataset.textSame : drop.dataset.textDifferent).replace("{file}", file.name);
    });
  }
})();
