// Drawings of a test and of a module; each has its words.

const STEP = 9; // of a session in a strip
const HIGH = 22;
const WIDTH = 1000;
const COURSE = 160;
const MARGIN = 12;
const FAR = 10; // times the least, from which on a scale is logarithmic
const SHAPES = {
  ".": ["ok", x => `M${x} 15v5`],
  F: ["bad", x => `M${x - 2} 2v18M${x + 1} 2v18`],
  e: ["bad", x => `M${x - 3} 3l6 17M${x + 3} 3l-6 17`],
  "~": ["both", x => `M${x} 2v7M${x} 13v7`],
  s: ["off", x => `M${x - 2} 12h5`],
  x: ["off", x => `M${x - 3} 9l3 6l3 -6`],
};

/** The outcomes of the newest `most` sessions, the oldest first. @param {string} letters @param {number} most */
function strip(letters, most) {
  const last = letters.slice(-most);
  const paths = Object.entries(SHAPES).map(([letter, [kind, shape]]) => {
    const places = [...last].flatMap((each, at) => (each === letter ? [shape(at * STEP + STEP / 2)] : []));
    return places.length ? [drawn("path", { class: kind, d: places.join("") })] : [];
  });
  const width = Math.max(STEP, last.length * STEP);
  return drawn("svg", {
    class: "strip", viewBox: `0 0 ${width} ${HIGH}`, width, height: HIGH, role: "img", preserveAspectRatio: "none",
    "aria-label": `${counted(last.length, "session")}: ${tally(last)}; the last one ${OUTCOMES.get(last.at(-1) ?? " ")}`,
  }, drawn("path", { class: "ground", d: `M0 21H${width}` }), ...paths.flat());
}

/** What the shapes of a strip mean, those that are there. @param {string} letters */
function legend(letters) {
  const there = [...OUTCOMES].filter(([letter]) => SHAPES[letter] && letters.includes(letter));
  return element("p", { class: "legend dim" }, ...there.map(([letter, name]) => {
    const [kind, shape] = SHAPES[letter];
    const sign = drawn("svg", { class: "strip", viewBox: `0 0 ${STEP} ${HIGH}`, width: STEP, height: HIGH, "aria-hidden": true },
      drawn("path", { class: kind, d: shape(STEP / 2) }));
    return element("span", {}, sign, name);
  }));
}

/** Where a time lies, from above. @param {number[]} known */
function scale(known) {
  const least = Math.max(Math.min(...known), 1e-9), most = Math.max(...known, least);
  const isLog = most > FAR * least, bent = isLog ? Math.log : value => value;
  const low = bent(least), high = bent(most);
  const at = value => {
    const part = high > low ? (bent(Math.max(value, least)) - low) / (high - low) : 0.5;
    return Math.round((COURSE - MARGIN - part * (COURSE - 2 * MARGIN)) * 10) / 10;
  };
  const middle = isLog ? Math.sqrt(least * most) : (least + most) / 2;
  return { at, isLog, least, most, ticks: high > low ? [least, middle, most] : [least] };
}

/** How long a test took in each session; null where nobody knows. @param {(number | null)[]} times @param {string} letters @param {Session[]} sessions */
function course(times, letters, sessions) {
  const known = times.flatMap((time, at) => (time === null ? [] : [{ time, at }]));
  if (!known.length) return null;
  if (known.length === 1) return element("p", {}, `It took ${seconds(known[0].time)}, in the one session that timed it.`);
  const { at: down, isLog, least, most, ticks } = scale(known.map(each => each.time));
  const x = at => (times.length > 1 ? Math.round(MARGIN + at * (WIDTH - 2 * MARGIN) / (times.length - 1)) : WIDTH / 2);
  const line = known.map((each, at) => `${at && known[at - 1].at === each.at - 1 ? "L" : "M"}${x(each.at)} ${down(each.time)}`).join("");
  const dots = known.map(each => `M${x(each.at)} ${down(each.time)}h0`).join("");
  const failed = [...letters].flatMap((letter, at) => ("Fe~".includes(letter) ? [`M${x(at)} 0V${COURSE}`] : [])).join("");
  const words = `${counted(known.length, "session")}, from ${seconds(least)} to ${seconds(most)}, ${seconds(known.at(-1).time)} in the last one`;
  return element("figure", {},
    element("figcaption", {}, `How long it took${isLog ? ", on a logarithmic scale" : ""}${failed ? "; dashed where it failed" : ""}`),
    element("div", { class: "course plot" },
      drawn("svg", { class: "axis", "aria-hidden": true }, ...ticks.map(tick => drawn("text", { x: 0, y: down(tick) + 4 }, seconds(tick)))),
      drawn("svg", { viewBox: `0 0 ${WIDTH} ${COURSE}`, height: COURSE, preserveAspectRatio: "none", role: "img", "aria-labelledby": "took-t", "aria-describedby": "took-d" },
        drawn("title", { id: "took-t" }, "Durations over time"),
        drawn("desc", { id: "took-d" }, words),
        ...ticks.map(tick => drawn("path", { class: "grid", d: `M0 ${down(tick)}H${WIDTH}` })),
        ...(failed ? [drawn("path", { class: "failed", d: failed })] : []),
        drawn("path", { class: "line", d: line }),
        drawn("path", { class: "dots", d: dots })),
      element("p", { class: "dim" }, ...ends(sessions).map(each => element("span", {}, each)))));
}

/** When the first and the last session were, by the minute where that is one day. @param {Session[]} sessions */
function ends(sessions) {
  const [first, last] = [sessions[0], sessions.at(-1)].map(each => (each ? when(each.at) : ""));
  return first.slice(0, 10) === last.slice(0, 10) ? [first, last] : [first.slice(0, 10), last.slice(0, 10)];
}

/** A share as a bar. @param {number | null} value */
function bar(value) {
  return drawn("svg", { class: "share", viewBox: `0 0 ${WIDTH} 14`, height: 14, preserveAspectRatio: "none", "aria-hidden": true },
    drawn("path", { class: "all", d: `M0 7H${WIDTH}` }),
    ...(value ? [drawn("path", { class: "is", d: `M0 7H${Math.round(value * WIDTH)}` })] : []));
}
