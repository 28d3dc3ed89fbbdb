// One test, or one module, with all that is known of it.

const SOME = 50; // survivors and paths, before one asks for more

/** @param {Data} data @param {TestRow} test @param {unknown[]} more of its block */
function testDetail(data, test, [packed, cause, advice, again, covers, others]) {
  const times = durations(packed);
  return [
    terms([
      ["state", test.state || "nothing is known against it"],
      ["failed", failures(test)],
      ["tier", test.tier],
      ["mutants noticed first", number(test.kills)],
      ["cause", cause],
      ["advice", advice],
      ["again", again ? command(again) : ""],
    ]),
    ...outcomesOf(data, test, times),
    ...coverageOf(data, covers, others),
    ...findingsOf(data.findings.filter(each => each.test === test.id)),
  ];
}

function outcomesOf({ sessions }, test, times) {
  if (!test.outcomes.trim() && times.every(each => each === null)) return [element("p", { class: "dim" }, "No outcome of it is kept.")];
  const rows = () => table("Each session, the newest first", [["when", false], ["revision", false], ["outcome", false], ["took", true]],
    sessions.map((each, at) => [when(each.at), code(each.revision.slice(0, 12)), OUTCOMES.get(test.outcomes[at] ?? " ") ?? "", seconds(times[at] ?? null)]).reverse());
  const plot = course(times, test.outcomes, sessions);
  return [
    element("h2", {}, "Over time"),
    ...(test.outcomes.trim() ? [element("div", { class: "large" }, strip(test.outcomes, Infinity)), legend(test.outcomes)] : []),
    ...(plot ? [plot] : []),
    opening("As a table", rows),
  ];
}

function coverageOf(data, covers, others) {
  if (!covers.length) return [];
  const known = new Set(data.modules.map(each => each.path));
  const files = Array.from({ length: covers.length / 2 }, (_, at) => [data.paths[covers[2 * at]], covers[2 * at + 1]]);
  const rows = files.map(([path, count]) => [known.has(path) ? link("module", path) : code(named(path)), number(count)]);
  return [element("h2", {}, "What it runs"), ...inParts(rows, part => table("Files, and how many lines of each it is known to run", [["file", false], ["lines, at least", true]], part)),
    ...(others ? [element("p", { class: "dim" }, `and ${counted(others, "file")} more`)] : [])];
}

/** @param {Data} data @param {ModuleRow} module @param {unknown[][]} survivors @param {(name: string, at: number) => Promise<unknown[]>} more */
function moduleDetail(data, module, survivors, more) {
  return [
    terms([["mutants killed", module.mutants === null ? "not measured" : killings(module)]]),
    ...(module.tiers.length ? [element("h2", {}, "What covers it"), tiersOf(module.tiers)] : []),
    ...(data.paths.includes(module.path) ? [opening("Tests that run it", () => runnersOf(data, module.path, more))] : []),
    ...(survivors.length ? [element("h2", {}, `${counted(survivors.length, "mutant")} that no test noticed`), ...inParts(survivors, survivorsOf)] : []),
    ...findingsOf(data.findings.filter(each => each.path === module.path)),
  ];
}

/** The tests that run a file, those that run most of it first; all blocks of tests are unpacked for it. */
async function runnersOf(data, path, more) {
  const number = data.paths.indexOf(path);
  const found = [];
  let isCut = false;
  for (const test of data.tests) {
    const [, , , , covers, others] = await more("tests", test.at);
    isCut ||= others > 0;
    for (let at = 0; at < covers.length; at += 2) if (covers[at] === number) found.push([test.id, covers[at + 1]]);
  }
  found.sort((one, two) => two[1] - one[1]);
  const rows = found.map(([id, count]) => [link("test", id), String(count)]);
  return element("div", {},
    ...inParts(rows, part => table(counted(found.length, "test"), [["test", false], ["lines, at least", true]], part)),
    ...(isCut ? [element("p", { class: "dim" }, "Of a test that runs very many files, those are kept here of which it runs most.")] : []));
}

function tiersOf(tiers) {
  const rows = tiers.map(([name, value]) => element("tr", {},
    element("th", { scope: "row" }, name),
    element("td", { class: "n" }, value === null ? "unmeasured" : share(value)),
    element("td", { "aria-hidden": true }, bar(value))));
  const head = element("tr", {}, ...["tier", "covered"].map(title => element("th", { scope: "col" }, title)), element("th", { scope: "col", "aria-hidden": true }, "drawn"));
  return element("table", { class: "bars" }, element("thead", { class: "vh" }, head), element("tbody", {}, ...rows));
}

function survivorsOf(several) {
  return element("div", {}, ...several.map(([id, line, name, lines, again]) => element("div", { class: "survivor" },
    element("h3", {}, `line ${line}`, ...(name ? [" in ", code(name)] : []), " ", element("span", { class: "dim" }, id)),
    ...(lines.length ? [diff(lines)] : []),
    ...(again ? [command(again)] : []))));
}

function findingsOf(several) {
  if (!several.length) return [];
  const rows = several.map(each => [each.objective, each.kind, each.detail ? `${each.what}: ${each.detail}` : each.what]);
  return [element("h2", {}, "Findings"), ...inParts(rows, part => table("By objective", [["objective", false], ["kind", false], ["what", false]], part))];
}

/** The first of several, and a button that shows more of them. */
function inParts(several, make) {
  const place = element("div", {}, make(several.slice(0, SOME)));
  let from = SOME;
  if (several.length <= from) return [place];
  const button = element("button", { type: "button" }, `More (${number(several.length - from)})`);
  button.addEventListener("click", () => {
    place.append(make(several.slice(from, from + SOME)));
    from += SOME;
    button.textContent = `More (${number(Math.max(0, several.length - from))})`;
    button.hidden = several.length <= from;
  });
  return [place, button];
}
