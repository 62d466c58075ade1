// SPDX-License-Identifier: AGPL-3.0-or-later
// Live updates; every page works without. What it listens to: the crate's `events` module.
(() => {
  "use strict";
  const body = document.body;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const marked = (name, value) => all(`[data-${name}="${CSS.escape(value)}"]`);
  const say = (text) => { document.getElementById("live").textContent = text; };

  // A page that changes as a whole is loaded again, unless somebody is typing into it.
  const reload = () => {
    const at = document.activeElement;
    const edited = all("input, textarea").some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);
    if (!edited && !/^(INPUT|SELECT|TEXTAREA)$/.test(at?.tagName)) location.reload();
  };

  const onService = ({ name, state }) => {
    const word = body.getAttribute("data-label-" + state);
    if (!word) return;
    for (const row of marked("service", name)) {
      if (row.dataset.state === state) continue;
      row.dataset.state = state;
      const label = row.querySelector('[data-role="label"]');
      if (label) label.textContent = word;
      say(`${row.dataset.title}: ${word}`);
      if ("reload" in row.dataset && /^(running|failing|stopped)$/.test(state)) reload();
    }
  };

  const onJob = ({ id, state, step, progress }) => {
    for (const job of marked("job", id)) {
      const words = job.querySelector("[data-word-done]");
      const mark = (item, state) => {
        item.dataset.state = state;
        item.querySelector('[data-role="label"]').textContent = words.getAttribute("data-word-" + state);
      };
      mark(job, state);
      job.querySelector("progress").value = progress;
      const steps = all("[data-step]", job);
      const at = steps.findIndex((item) => item.dataset.step === step);
      if (at >= 0) steps.forEach((item, i) => mark(item, i < at ? "done" : i > at ? "waiting" : "running"));
      if ("reload" in job.dataset && /done|failed/.test(state)) reload();
    }
  };

  const onPeer = ({ key }) => { if (marked("peer", key).length) reload(); };

  // Words to compare are looked at, not typed: the page may change under the eyes.
  const onPairing = ({ id }) => { if (marked("pairing", id).length) location.reload(); };

  const onBoard = (numbers) => {
    for (const [key, number] of Object.entries(numbers)) {
      for (const gauge of marked("gauge", key)) {
        const fill = gauge.querySelector(".fill");
        if (fill) fill.setAttribute("width", Math.min(100, Math.max(0, number)));
        const value = gauge.querySelector('[data-role="value"]');
        if (value) value.textContent = value.textContent.replace(/^[\d.,]+/, Math.round(number));
      }
    }
  };

  const stream = (address, listeners) => {
    const source = new EventSource(address);
    for (const [name, then] of Object.entries(listeners)) {
      source.addEventListener(name, (event) => then(JSON.parse(event.data)));
    }
  };

  if (body.dataset.events) stream(body.dataset.events, { service: onService, job: onJob, pairing: onPairing, peer: onPeer, board: onBoard });

  for (const log of all("[data-log]")) {
    log.scrollTop = log.scrollHeight;
    const onLog = ({ at, priority, message }) => {
      const end = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      const time = document.createElement("time");
      time.textContent = new Date(at * 1000).toISOString().slice(11, 19);
      const line = document.createElement("li");
      line.dataset.tone = priority <= 3 ? "bad" : priority === 4 ? "warn" : "plain";
      line.append(time, " ", message);
      log.append(line);
      while (log.children.length > 500) log.firstChild.remove();
      if (end) log.scrollTop = log.scrollHeight;
    };
    stream(log.dataset.log, { log: onLog });
  }

  for (const button of all("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(text.textContent);
      } catch {
        // Without https there is no clipboard API.
        getSelection().selectAllChildren(text);
        document.execCommand("copy");
      }
      const word = button.textContent;
      button.textContent = button.dataset.done;
      say(button.dataset.done);
      setTimeout(() => { button.textContent = word; }, 2000);
    });
  }
})();
