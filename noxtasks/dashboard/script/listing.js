// A list that is searched, narrowed, sorted and turned over: a table of which only one page of rows exists.

const ROWS = 25;
const PAUSE_MS = 300; // before it is said how many were found, and remembered: not after each letter

/**
 * @template Row
 * @typedef {{value: (row: Row) => string | number | null, cell: (row: Row) => Node | string, isWide?: boolean}} Column
 */

/**
 * @template Row
 * @param {{name: string, noun: string, rows: Row[], columns: (key: string) => Column<Row>, text: (row: Row) => string, choice: (row: Row) => string}} given
 */
function listing({ name, noun, rows, columns, text, choice }) {
  const [bar, body, pager] = ["form", "table", "nav"].map(tag => document.querySelector(`${tag}[data-list="${name}"]`));
  const words = bar.querySelector("input"), narrowing = bar.querySelector("select"), told = bar.querySelector("output");
  const heads = [...body.tHead.rows[0].cells];
  const texts = rows.map(row => text(row).toLowerCase());
  const orders = new Map();
  const state = { words: "", choice: "", key: "", way: "ascending", page: 0 };
  let found = [];
  let waiting = 0;

  const order = () => {
    if (!state.key) return rows.map((_, at) => at);
    const known = `${state.key} ${state.way}`;
    if (!orders.has(known)) orders.set(known, sorted(rows, columns(state.key).value, state.way));
    return orders.get(known);
  };

  const find = () => {
    const wanted = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    found = order().filter(at => wanted.every(word => texts[at].includes(word)) && (!state.choice || choice(rows[at]) === state.choice));
    state.page = Math.min(state.page, Math.max(0, Math.ceil(found.length / ROWS) - 1));
  };

  const show = () => {
    find();
    const from = state.page * ROWS, shown = found.slice(from, from + ROWS);
    body.tBodies[0].replaceChildren(...shown.map(at => rowOf(rows[at], heads, columns)));
    if (!shown.length) body.tBodies[0].append(emptyRow(heads.length, noun));
    for (const head of heads) {
      if (head.dataset.key === state.key) head.setAttribute("aria-sort", state.way);
      else head.removeAttribute("aria-sort");
    }
    turning.show(from, shown.length, found.length);
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const isAll = found.length === rows.length;
      told.textContent = isAll ? "" : `${number(found.length)} of ${counted(rows.length, noun)}`;
      remember(name, state);
    }, PAUSE_MS);
  };

  const change = given => {
    Object.assign(state, { page: 0 }, given);
    show();
  };

  const turning = turner(pager, noun, by => {
    change({ page: state.page + by });
    say(`Page ${state.page + 1}`);
  });
  for (const head of heads) addSorting(head, () => change(pressed(head, state)));
  words.addEventListener("input", () => change({ words: words.value }));
  narrowing?.addEventListener("change", () => change({ choice: narrowing.value }));
  bar.addEventListener("submit", event => event.preventDefault());
  const first = heads.find(head => head.hasAttribute("aria-sort"));
  Object.assign(state, { key: first?.dataset.key ?? "", way: first?.dataset.way ?? "ascending" }, remembered(name));
  words.value = state.words;
  if (narrowing) narrowing.value = state.choice;
  bar.hidden = false;
  show();
  return {
    /** Only those of one choice, all of them. @param {string} chosen */
    narrow(chosen) {
      if (narrowing) narrowing.value = chosen;
      words.value = "";
      change({ words: "", choice: chosen });
    },
  };
}

/** The places of rows in order; those without a value come last in both ways. */
function sorted(rows, value, way) {
  const values = rows.map(value), sign = way === "ascending" ? 1 : -1;
  const rank = (a, b) => (a < b ? -sign : a > b ? sign : 0);
  return rows.map((_, at) => at).sort((a, b) => {
    const [one, two] = [values[a], values[b]];
    if (one === null || two === null) return (one === null) - (two === null) || a - b;
    return rank(one, two) || a - b;
  });
}

/** What a head asks for when it is pressed: its own way first, then the other. */
function pressed(head, state) {
  const { key, way } = head.dataset;
  const other = { ascending: "descending", descending: "ascending" };
  return { key, way: state.key === key ? other[state.way] : way };
}

function addSorting(head, press) {
  const button = element("button", { type: "button" }, ...head.childNodes);
  button.addEventListener("click", press);
  head.append(button);
}

function rowOf(row, heads, columns) {
  const cells = heads.map((head, at) => {
    const { cell, isWide } = columns(head.dataset.key);
    const kind = [isWide ? "wide-cell" : "", head.classList.contains("n") ? "n" : ""].filter(Boolean).join(" ") || undefined;
    const given = at ? { role: "cell" } : { role: "rowheader", scope: "row" };
    return element(at ? "td" : "th", { ...given, class: kind, "data-name": head.textContent }, cell(row));
  });
  return element("tr", { role: "row" }, ...cells);
}

function emptyRow(width, noun) {
  const cell = element("td", { role: "cell", colspan: width, class: "wide-cell" }, `No ${noun} is like that.`);
  return element("tr", { role: "row" }, cell);
}

/** Buttons to turn pages; they stay where they are, so that the focus does. */
function turner(pager, noun, turn) {
  const [before, after] = [["Previous", -1], ["Next", 1]].map(([title, by]) => {
    const button = element("button", { type: "button" }, title);
    button.addEventListener("click", () => { if (button.getAttribute("aria-disabled") !== "true") turn(by); });
    return button;
  });
  const where = element("span", {});
  pager.replaceChildren(before, where, after);
  return {
    show(from, count, total) {
      before.setAttribute("aria-disabled", String(from === 0));
      after.setAttribute("aria-disabled", String(from + count >= total));
      where.textContent = `${number(Math.min(total, from + 1))} to ${number(from + count)} of ${counted(total, noun)}`;
      pager.hidden = total <= ROWS;
    },
  };
}

/** How the lists are stays with the page when it is loaded again, as it is while it is served. */
function remember(name, state) {
  const kept = history.state?.lists ?? {};
  history.replaceState({ lists: { ...kept, [name]: { ...state } } }, "");
}

function remembered(name) {
  return history.state?.lists?.[name] ?? {};
}
