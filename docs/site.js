// What the theme leaves out for whoever has no mouse or no sight: what scrolls can be reached by keyboard, and the
// buttons beside each block of code are no part of the site's navigation.
(() => {
  const mend = () => {
    for (const buttons of document.querySelectorAll("nav.md-code__nav")) buttons.setAttribute("role", "presentation");
    for (const area of document.querySelectorAll(".md-typeset__scrollwrap")) {
      if (area.scrollWidth > area.clientWidth) area.tabIndex = 0;
      else area.removeAttribute("tabindex");
    }
  };
  const start = () => {
    new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
    addEventListener("resize", mend);
    mend();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
