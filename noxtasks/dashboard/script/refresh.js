// Beside the page where it is served: loads it anew when there is another version, and leaves it as it stood.

(() => {
  const QUIET_MS = 2000; // after a letter was typed: who types is not interrupted
  const KEPT = "noxtasks-place";
  const shown = document.currentScript.dataset.version;
  const panels = () => [...document.querySelectorAll(".panel details")];
  const page = document.documentElement;
  let typed = -Infinity;
  let isThere = false; // before that, what was kept is not looked at yet, and stays

  const leave = () => {
    const list = document.activeElement?.closest("form[data-list]")?.dataset.list;
    const open = panels().map(each => each.open);
    if (isThere) sessionStorage.setItem(KEPT, JSON.stringify({ at: location.href, top: scrollY, open, list }));
    location.reload();
  };

  const arrive = () => {
    if (isThere || !("ready" in page.dataset)) return;
    isThere = true;
    const { at, top, open, list } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    sessionStorage.removeItem(KEPT);
    if (at !== location.href) return;
    panels().forEach((each, number) => { each.open = open[number] ?? false; });
    if (list) document.querySelector(`form[data-list="${CSS.escape(list)}"] input`)?.focus({ preventScroll: true });
    scrollTo({ top, behavior: "instant" });
  };

  const ask = async () => {
    try {
      const reply = await fetch("/version", { cache: "no-store" });
      const isOther = reply.ok && (await reply.text()) !== shown;
      if (isOther && performance.now() - typed > QUIET_MS) return leave();
    } catch { /* the server has ended, and may begin again */ }
    setTimeout(ask, 1000);
  };

  new MutationObserver(arrive).observe(page, { attributes: true });
  arrive(); // all may have been unpacked before this was loaded
  addEventListener("input", () => { typed = performance.now(); });
  ask();
})();
