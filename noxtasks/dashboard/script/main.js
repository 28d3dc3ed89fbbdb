// What is opened follows the fragment of the address: #test=…, #module=…, #findings-…; all else is a place on the page.

const RECENT = 30; // sessions in a row of the list

/** @param {Data} data @param {(name: string, at: number) => Promise<unknown[]>} more */
function findingColumns(data, more) {
  const modules = new Set(data.modules.map(each => each.path)), tests = new Set(data.tests.map(each => each.id));
  const place = row => (row.test || (row.line ? `${row.path}:${row.line}` : row.path));
  const where = row => {
    if (row.test) return tests.has(row.test) ? link("test", row.test) : code(named(row.test));
    if (!row.path) return "";
    return modules.has(row.path) ? link("module", row.path, named(place(row))) : code(named(place(row)));
  };
  const shownMore = row => opening(row.hasDiff ? "Change and command" : "Command", async () => {
    const [lines, again] = await more("findings", row.at);
    return element("div", {}, ...(lines.length ? [diff(lines)] : []), ...(again ? [command(again)] : []));
  }, row.what);
  const what = row => element("div", {},
    named(row.what),
    ...(row.detail ? [element("span", { class: "dim more" }, row.detail)] : []),
    ...(row.hasMore ? [shownMore(row)] : []));
  const columns = {
    objective: { value: row => row.objective, cell: row => row.objective },
    kind: { value: row => row.kind, cell: row => row.kind },
    what: { value: row => row.what, cell: what, isWide: true },
    where: { value: row => place(row) || null, cell: where, isWide: true },
  };
  return key => columns[key];
}

/** The interval stands below. @param {TestRow} row */
function failuresOf(row) {
  const [often, interval] = failures(row).split(/ \(|\)/);
  return interval ? element("div", {}, often, element("span", { class: "dim more" }, interval)) : often;
}

function testColumns() {
  const rate = row => (row.runs ? row.failed / row.runs : null);
  const columns = {
    test: { value: row => row.id, cell: row => link("test", row.id) },
    state: { value: row => (row.state ? `${row.state} ${(1 - (rate(row) ?? 0)).toFixed(6)}` : null), cell: row => row.state || NONE },
    outcomes: { value: row => rate(row), cell: row => strip(row.outcomes, RECENT) },
    failed: { value: rate, cell: failuresOf },
    duration: { value: row => row.last, cell: row => seconds(row.last) },
    kills: { value: row => row.kills, cell: row => number(row.kills) },
    tier: { value: row => row.tier || null, cell: row => row.tier || NONE },
  };
  return key => columns[key];
}

function moduleColumns() {
  const killed = row => (row.mutants ? (row.killed ?? 0) / row.mutants : null);
  const columns = {
    module: { value: row => row.path, cell: row => link("module", row.path) },
    killed: { value: killed, cell: killings },
    survivors: { value: row => (row.mutants === null ? null : row.survivors), cell: row => (row.mutants === null ? NONE : number(row.survivors)) },
  };
  const of = (row, name) => row.tiers.find(each => each[0] === name)?.[1] ?? null;
  const tier = name => ({ value: row => of(row, name), cell: row => share(of(row, name)) });
  return key => columns[key] ?? tier(key.slice("tier:".length));
}

/** @param {Data} data @param {(name: string, at: number) => Promise<unknown[]>} more */
function lists(data, more) {
  const made = {
    findings: { noun: "finding", columns: findingColumns(data, more), text: row => `${row.objective} ${row.kind} ${row.what} ${row.detail} ${row.test} ${row.path}`, choice: row => row.objective },
    tests: { noun: "test", columns: testColumns(), text: row => row.id, choice: row => row.state },
    modules: { noun: "module", columns: moduleColumns(), text: row => row.path, choice: () => "" },
  };
  const there = Object.entries(made).filter(([name]) => data[name].length);
  return Object.fromEntries(there.map(([name, given]) => [name, listing({ name, rows: data[name], ...given })]));
}

/** Shows what the address names; gives what is to be called when it changes. */
function router(data, more, shownLists) {
  const overview = document.getElementById("overview"), place = document.getElementById("detail"), title = document.title;
  const kinds = {
    test: { list: "tests", key: "id", make: testDetail },
    module: { list: "modules", key: "path", make: moduleDetail },
  };
  let left = null; // where the overview was when something was opened

  const open = async (kind, name) => {
    const { list, key, make } = kinds[kind];
    const asked = location.hash;
    const row = data[list].find(each => each[key] === name);
    const content = row ? make(data, row, await more(list, row.at), more) : [element("p", {}, `This page knows no ${kind} of that name.`)];
    if (location.hash !== asked) return; // something else was opened while this was unpacked
    const head = element("h1", { tabindex: -1 }, `${kind === "test" ? "Test" : "Module"} `, code(name));
    const back = element("p", { class: "back" }, element("a", { href: `#${list}` }, `All ${list}`), element("span", { class: "dim" }, " (Escape)"));
    if (!overview.hidden) left = { at: scrollY, opener: document.activeElement };
    place.replaceChildren(back, head, ...content);
    place.className = "detail";
    place.setAttribute("aria-label", `${kind} ${named(name)}`);
    overview.hidden = true;
    place.hidden = false;
    document.title = `${named(name)} - ${title}`;
    scrollTo({ top: 0, behavior: "instant" });
    head.focus({ preventScroll: true });
  };

  const close = () => {
    const from = left;
    const wasOpen = !place.hidden;
    place.hidden = true;
    place.replaceChildren();
    overview.hidden = false;
    document.title = title;
    left = null;
    if (!wasOpen) return false;
    if (from?.opener.tagName !== "A" || !overview.contains(from.opener)) return false;
    scrollTo({ top: from.at, behavior: "instant" });
    from.opener.focus({ preventScroll: true });
    return true;
  };

  return async () => {
    const [kind, name] = parted(location.hash);
    if (kind in kinds) return open(kind, name);
    const isBack = close();
    if (kind.startsWith("findings-")) {
      shownLists.findings?.narrow(objectiveOf(kind));
      document.getElementById("findings").scrollIntoView();
      document.querySelector('form[data-list="findings"] input')?.focus({ preventScroll: true });
    } else if (!isBack && kind) document.getElementById(kind)?.scrollIntoView();
  };
}

/** The kind and the name of a fragment. @param {string} hash */
function parted(hash) {
  const [kind, ...rest] = hash.slice(1).split("=");
  const coded = rest.join("=");
  try {
    return [kind, decodeURIComponent(coded)];
  } catch {
    return [kind, coded];
  }
}

/** As its panel is named. @param {string} kind findings-KEY */
function objectiveOf(kind) {
  return document.getElementById(`name-${kind.slice("findings-".length)}`)?.textContent ?? "";
}

/** On paper every panel is open; what has not been asked for of a test or a module is not there. */
function addPrinting() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".panel details:not([open])")];
    for (const each of opened) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
}

/** Why the lists are not whole. @param {string} reason */
function lack(reason) {
  const note = document.getElementById("without");
  if (note) note.textContent = reason;
}

async function main() {
  addCopying(document);
  addPrinting();
  if (document.getElementById("data-index")) await fill();
  performance.mark("ready");
  document.documentElement.dataset.ready = "";
}

async function fill() {
  if (!("DecompressionStream" in window)) {
    lack("These are the first of each list: this browser cannot unpack the rest, which needs DecompressionStream.");
    return;
  }
  const data = await index();
  const more = besides(data.sizes);
  const route = router(data, more, lists(data, more));
  addEventListener("hashchange", route);
  addEventListener("keydown", event => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const back = document.querySelector("#detail:not([hidden]) .back a");
    if (back) back.click();
  });
  document.getElementById("without")?.remove();
  await route();
}

main().catch(error => {
  lack(`These are the first of each list: the rest could not be unpacked (${error}).`);
  throw error;
});
