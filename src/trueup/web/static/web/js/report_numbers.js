// Numbers as the language of the page writes them, kept exactly: millionths in a BigInt. What can't be read is null.

const MILLION = 1000000n;

/**
 * Nothing is read here that the server would refuse: digits are grouped in threes or not at all, 0.806 is no group of thousands.
 * @param {{decimal: string, grouping: string}} marks the separators of a language; those of the page: data-decimal, data-grouping.
 */
export function read(written, marks) {
  const cleaned = written.trim();
  const [whole, fraction = "0", ...more] = cleaned.split(marks.decimal);
  if (more.length || !cleaned) return null;
  const groups = marks.grouping ? whole.split(marks.grouping) : [whole];
  if (groups.length > 1 && (!/^[1-9]\d{0,2}$/.test(groups[0]) || groups.slice(1).some((group) => group.length !== 3))) return null;
  const digits = groups.join("");
  if (!/^\d{1,15}$/.test(digits) || !/^\d{1,6}$/.test(fraction)) return null;
  return BigInt(digits) * MILLION + BigInt(fraction.padEnd(6, "0"));
}

/** Plain text of the server: `1234.5`. */
export function plain(written) {
  return read(written, { decimal: ".", grouping: "" });
}

/**
 * What was typed with the marks of one language, as it is typed with those of another: the same number, or null where it can't be read.
 * Without `from`, nobody knows the language: only what no other one reads differently is taken as of the page's. Empty stays empty.
 */
export function rewritten(written, from, to) {
  if (written.trim() === "") return "";
  if (from && from.decimal === to.decimal && from.grouping === to.grouping) return written;
  const value = read(written, from ?? to);
  if (value === null) return null;
  if (from) return write(value, { decimal: to.decimal, grouping: "" });
  const other = read(written, { decimal: to.grouping, grouping: to.decimal });
  return other === null || other === value ? written : null;
}

export function write(value, marks, decimals = 0) {
  const size = value < 0n ? -value : value;
  const digits = String(size / MILLION).replace(/\B(?=(\d{3})+$)/g, marks.grouping);
  const fraction = String(size % MILLION).padStart(6, "0").replace(/0+$/, "").padEnd(decimals, "0");
  return digits + (fraction ? marks.decimal + fraction : "");
}

export function signed(value, marks) {
  const sign = value > 0n ? "+" : value < 0n ? "−" : "";
  return sign + write(value, marks);
}
