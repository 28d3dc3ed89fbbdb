// The page's data, as packing.py packs it: an index, and blocks of rows that are unpacked when one of them is opened.

const DIGITS = Array.from({ length: 0x7f - 0x23 }, (_, at) => String.fromCharCode(0x23 + at)).filter(sign => sign !== "\\");
const DIGIT = new Map(DIGITS.map((sign, at) => [sign, at]));
const LEAST_S = 1e-7;
const DECADES = 12;
const STEPS = DIGITS.length ** 2 - 1;

/**
 * @typedef {{objective: string, kind: string, what: string, detail: string, test: string, path: string, line: number, hasMore: boolean, hasDiff: boolean, at: number}} FindingRow
 * @typedef {{id: string, state: string, failed: number, runs: number, low: number | null, high: number | null, kills: number | null, tier: string, outcomes: string, last: number | null, at: number}} TestRow
 * @typedef {{path: string, tiers: [string, number | null][], killed: number | null, mutants: number | null, untried: number, survivors: number, at: number}} ModuleRow
 * @typedef {{id: string, at: string, revision: string}} Session
 * @typedef {{project: string, sizes: Record<string, number>, sessions: Session[], paths: string[], findings: FindingRow[], tests: TestRow[], modules: ModuleRow[]}} Data
 */

/** @param {string} name of a block */
async function unpacked(name) {
  const packed = atob(document.getElementById(`data-${name}`).textContent);
  const bytes = Uint8Array.from(packed, sign => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

/** @returns {Promise<Data>} */
async function index() {
  const { project, sizes, panels, sessions, paths, findings, tests, modules } = await unpacked("index");
  return {
    project,
    sizes,
    paths,
    sessions: sessions.map(([id, at, revision]) => ({ id, at, revision })),
    findings: findings.map(([panel, kind, what, detail, test, path, line, more], at) => (
      { objective: panels[panel], kind, what, detail, test, path, line, hasMore: more > 0, hasDiff: more > 1, at })),
    tests: tests.map(([id, state, failed, runs, low, high, kills, tier, outcomes, last], at) => (
      { id, state, failed, runs, low, high, kills, tier, outcomes, last, at })),
    modules: modules.map(([path, tiers, killed, mutants, untried, survivors], at) => ({ path, tiers, killed, mutants, untried, survivors, at })),
  };
}

/** What is known besides of the row `at`. @param {Record<string, number>} sizes */
function besides(sizes) {
  const kept = new Map();
  return async (/** @type {string} */ name, /** @type {number} */ at) => {
    const block = `${name}-${Math.floor(at / sizes[name])}`;
    if (!kept.has(block)) kept.set(block, unpacked(block));
    return (await kept.get(block))[at % sizes[name]];
  };
}

/** Seconds, or null, of two characters each. @param {string} packed */
function durations(packed) {
  return (packed.match(/../g) ?? []).map(pair => {
    if (pair === "  ") return null;
    const steps = DIGIT.get(pair[0]) * DIGITS.length + DIGIT.get(pair[1]);
    return steps === 0 ? 0 : LEAST_S * 10 ** (steps * DECADES / STEPS);
  });
}
