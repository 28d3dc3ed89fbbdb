// Elements from values. Every text becomes a text node: no name that others have given is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | undefined>} given attributes; false and undefined are left out
 * @param {...(Node | string)} children
 */
function element(tag, given, ...children) {
  return filled(document.createElement(tag), given, children);
}

/** @param {string} tag @param {Record<string, string | number | boolean | undefined>} given @param {...(Node | string)} children */
function drawn(tag, given, ...children) {
  return filled(document.createElementNS(SVG, tag), given, children);
}

function filled(made, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** A name, which breaks at its joints where it is too long for a line. @param {string} text */
const code = text => element("code", {}, ...text.split(/(?<=[/[]|::)/).flatMap((part, at) => (at ? [element("wbr", {}), part] : [part])));

/** @param {string} kind of what is opened: test or module @param {string} name */
const address = (kind, name) => `#${kind}=${encodeURIComponent(name)}`;

/** @param {string} kind @param {string} name @param {string} shown */
function link(kind, name, shown = named(name)) {
  return element("a", { href: address(kind, name) }, code(shown));
}

/** A command to copy. @param {string} text */
function command(text) {
  const made = element("code", { class: "command", "data-copy": true }, text);
  const whole = element("span", {}, made);
  addCopying(whole);
  return whole;
}

/** Terms and what they are; those without are left out. @param {[string, Node | string][]} several */
function terms(several) {
  const known = several.filter(([, value]) => value !== "" && value !== NONE);
  return element("dl", {}, ...known.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

/** @param {string} caption @param {[string, boolean][]} heads the title, and whether it is of numbers @param {(Node | string)[][]} rows */
function table(caption, heads, rows) {
  const cell = (value, at) => element("td", { class: heads[at][1] ? "n" : undefined }, value);
  return element("table", { class: "small" },
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...heads.map(([title, isNumber]) => (
      element("th", { scope: "col", class: isNumber ? "n" : undefined }, title))))),
    element("tbody", {}, ...rows.map(row => element("tr", {}, ...row.map(cell)))));
}

/** Something to open, made when it is. @param {string} title @param {() => Promise<Node> | Node} make @param {string} of what, for those who hear the title alone */
function opening(title, make, of = "") {
  const made = element("details", {}, element("summary", {}, title, element("span", { class: "vh" }, of && ` of ${of}`)));
  made.addEventListener("toggle", async () => { if (made.open && made.childElementCount === 1) made.append(await make()); });
  return made;
}

/** Changed lines with their signs. @param {string[]} lines */
function diff(lines) {
  const kinds = { "+": "plus", "-": "minus", "@": "hunk" };
  const spans = lines.map(line => element("span", { class: kinds[line[0]] }, line || " "));
  return element("pre", { class: "diff", tabindex: 0, role: "group", "aria-label": "changed lines" }, ...spans);
}

/** Beside each command of `place` a button that copies it. @param {ParentNode} place */
function addCopying(place) {
  for (const each of place.querySelectorAll("[data-copy]")) {
    const button = element("button", { type: "button", class: "copy" }, "Copy", element("span", { class: "vh" }, ` ${each.textContent}`));
    button.addEventListener("click", async () => say(await copied(each) ? "Copied" : "It could not be copied; it is selected"));
    each.after(button);
    each.removeAttribute("data-copy");
  }
}

/** Whether the text of an element is in the clipboard now; it is selected where it cannot be. @param {Element} of */
async function copied(of) {
  try {
    await navigator.clipboard.writeText(of.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(of);
    return document.execCommand("copy");
  }
}

/** To those who do not see the page. @param {string} text */
function say(text) {
  document.getElementById("said").textContent = text;
}
