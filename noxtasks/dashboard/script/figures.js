// Figures in words: the same that wording.py says in what is there before this script runs.

const NONE = "-";
const NAME_WIDTH = 160;
const TIMES = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
const OUTCOMES = new Map([
  [".", "passed"],
  ["F", "failed"],
  ["e", "error"],
  ["s", "skipped"],
  ["x", "failed as expected"],
  ["~", "both passed and failed"],
  [" ", "did not run"],
]);

/** @param {number | null} value */
function share(value) {
  if (value === null) return NONE;
  if (value >= 0.9995 && value < 1) return "99.9%";
  if (value > 0 && value < 0.0005) return "<0.1%";
  return `${(100 * value).toFixed(1)}%`.replace(".0%", "%");
}

/** @param {number | null} value */
function seconds(value) {
  if (value === null) return NONE;
  if (value <= 0) return "0 s";
  const [unit, name] = TIMES.find(([least]) => value >= least) ?? TIMES[TIMES.length - 1];
  const digits = Math.max(0, 3 - String(Math.trunc(value / unit)).length);
  return `${Number((value / unit).toFixed(digits))} ${name}`;
}

/** @param {number | null} value */
function number(value) {
  return value === null ? NONE : value.toLocaleString("en");
}

/** @param {number} count @param {string} noun */
function counted(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** @param {string} at ISO 8601 */
function when(at) {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The end of a name, where names differ. @param {string} name */
function named(name) {
  const signs = name.length > NAME_WIDTH ? Array.from(name) : [];
  return signs.length > NAME_WIDTH ? `…${signs.slice(1 - NAME_WIDTH).join("")}` : name;
}

/** How often there was which outcome. @param {string} letters */
function tally(letters) {
  const counts = new Map();
  for (const letter of letters) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const told = [...OUTCOMES].filter(([letter]) => letter !== " " && counts.has(letter));
  return told.map(([letter, name]) => `${name} ${counts.get(letter)}`).join(", ") || NONE;
}

/** Of the mutants whose fate is known. @param {ModuleRow} module */
function killings(module) {
  if (module.mutants === null) return NONE;
  const untried = module.untried ? `, ${number(module.untried)} not tried` : "";
  return `${number(module.killed ?? 0)} of ${number(module.mutants)}${untried}`;
}

/** @param {TestRow} test */
function failures(test) {
  if (!test.runs) return NONE;
  const interval = test.low === null || test.high === null ? "" : ` (${share(test.low)} to ${share(test.high)})`;
  return `${number(test.failed)} of ${number(test.runs)}${interval}`;
}
