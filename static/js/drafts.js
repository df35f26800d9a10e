/* Saving while rating. The form posts and works with this file missing.

   On the form: data-autosave (address), data-draft (name of the draft in this tab), data-version.
   The words stand in the data-text-… attributes of [data-savebar].
   Answer of the server: JSON {saved_at, version, html}; every top-level element of html replaces the
   element with the same id. 409: changed elsewhere. 401, 403 or a detour to the sign-in page: session over. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const RETRY = 15000;
  const QUIET = 600;
  const UNSAVED = new Set(["csrfmiddlewaretoken", "version"]);
  const key = `draf:${form.dataset.draft || form.dataset.autosave}`;
  const bar = form.querySelector("[data-savebar]") || document.querySelector("[data-savebar]");
  const status = bar.querySelector("[data-save-status]");
  const signIn = bar.querySelector("[data-sign-in]");
  const meter = bar.querySelector("[data-progress]");
  const count = bar.querySelector("[data-progress-text]");
  const word = (name, values = {}) =>
    Object.entries(values).reduce((text, [slot, value]) => text.replace(`{${slot}}`, value), bar.dataset[name] || "");
  const competencies = () => [...form.querySelectorAll("details.comp")];
  const isDone = (item) => !!item.querySelector(".levels input[type=radio]:checked");
  let timer;
  let sending = false;
  let again = false;
  let stopped = false;

  const paint = () => {
    const items = competencies();
    const done = items.filter(isDone).length;
    meter.setAttribute("width", `${items.length ? (done / items.length) * 100 : 0}%`);
    count.textContent = word("textProgress", { done, total: items.length });
  };
  const paintItem = (item) => {
    const chosen = item.querySelector(".levels input[type=radio]:checked");
    if (!chosen) return;
    const label = item.querySelector("[data-value]");
    if (label) {
      label.textContent = chosen.value === "x" ? word("textUnknown") : word("textLevel", { level: chosen.value });
      label.hidden = false;
      const below = Number(chosen.value) < Number(label.dataset.required || 0);
      label.classList.toggle("tag-gap", below);
      label.classList.toggle("tag-ok", !below);
    }
    const mark = item.querySelector(".state");
    const use = mark?.querySelector("use");
    if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#check-circle-fill"));
    mark?.classList.remove("todo");
  };
  const keep = () => {
    // Lives as long as the tab: offices share computers. Survives a lost connection and an expired session.
    const entries = [...new FormData(form)].filter(([name, value]) => !UNSAVED.has(name) && typeof value === "string");
    sessionStorage.setItem(key, JSON.stringify(entries));
  };
  const restore = () => {
    const kept = sessionStorage.getItem(key);
    if (!kept) return false;
    const values = new Map();
    JSON.parse(kept).forEach(([name, value]) => values.set(name, [...(values.get(name) || []), value]));
    [...form.elements].forEach((field) => {
      if (!field.name || UNSAVED.has(field.name) || field.type === "hidden" || field.type === "submit") return;
      const kept_values = values.get(field.name) || [];
      if (field.type === "radio" || field.type === "checkbox") field.checked = kept_values.includes(field.value);
      else if (kept_values.length) field.value = kept_values[0];
    });
    competencies().forEach(paintItem);
    return true;
  };
  const swap = (html) => {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    [...parsed.body.children].forEach((part) => {
      const old = part.id && document.getElementById(part.id);
      if (old) old.replaceWith(part);
    });
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };
  const signedOut = () => {
    status.textContent = word("textSession");
    signIn.hidden = false;
    signIn.href = `${signIn.getAttribute("href").split("?")[0]}?next=${encodeURIComponent(location.pathname + location.search)}`;
  };
  const save = async () => {
    if (stopped) return;
    if (sending) {
      again = true;
      return;
    }
    sending = true;
    status.textContent = word("textSaving");
    let answer = null;
    try {
      answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Autosave": "1", "X-Requested-With": "fetch", Accept: "application/json" },
        redirect: "manual",
      });
    } catch {
      answer = null;
    }
    sending = false;
    if (!answer || answer.status >= 500) {
      status.textContent = word("textOffline");
      later(RETRY);
      return;
    }
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      signedOut();
      later(RETRY);
      return;
    }
    if (answer.status === 409) {
      stopped = true;
      sessionStorage.removeItem(key);
      status.textContent = word("textConflict");
      return;
    }
    if (!answer.ok) {
      status.textContent = word("textRefused");
      return;
    }
    const result = await answer.json();
    signIn.hidden = true;
    if (result.version !== undefined) {
      form.dataset.version = result.version;
      const field = form.querySelector("input[name=version]");
      if (field) field.value = result.version;
    }
    if (again) {
      again = false;
      later(0);
    } else {
      sessionStorage.removeItem(key);
    }
    if (result.html) swap(result.html);
    status.textContent = word("textSaved", { time: result.saved_at });
  };
  const next = (item) => {
    const items = competencies();
    const rest = items.slice(items.indexOf(item) + 1).concat(items).find((other) => !isDone(other));
    item.open = false;
    const goal = rest ? rest.querySelector("summary") : form.querySelector("[data-check]") || form.querySelector("[type=submit]");
    if (rest) rest.open = true;
    goal.focus();
    goal.scrollIntoView({ block: "center" });
  };

  form.addEventListener("change", (event) => {
    const item = event.target.closest("details.comp");
    if (item && event.target.type === "radio") paintItem(item);
    paint();
    keep();
    later(QUIET);
  });
  form.addEventListener("input", (event) => {
    if (!event.target.matches("textarea, input[type=text]")) return;
    keep();
    later(QUIET * 2);
  });
  // 0–5 choose a level, Ctrl+Enter goes on; both act only while the focus is inside a competency (WCAG 2.1.4).
  form.addEventListener("keydown", (event) => {
    const item = event.target.closest("details.comp");
    if (!item) return;
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      next(item);
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("textarea, input[type=text]")) return;
    if (/^[0-5]$/.test(event.key) && item.open) {
      const radio = item.querySelector(`.levels input[type=radio][value="${event.key}"]`);
      if (!radio) return;
      event.preventDefault();
      radio.checked = true;
      radio.focus();
      radio.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  form.querySelectorAll("[data-next]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => next(button.closest("details.comp")));
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    stopped = true;
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) stopped = false;
  });
  window.addEventListener("online", () => {
    if (sessionStorage.getItem(key)) later(0);
  });
  if (restore()) later(0);
  paint();
})();
