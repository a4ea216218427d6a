// Numbers as the language of the page writes them, kept exactly: millionths in a BigInt. What can't be read is null.

const MILLION = 1000000n;

/** @param {DOMStringMap} marks the page's separators: data-decimal, data-grouping. */
export function read(written, marks) {
  const cleaned = written.replace(/[\s\u00a0\u202f]/g, "");
  const grouping = marks.grouping.trim();
  const [whole, fraction = "", ...more] = cleaned.split(marks.decimal);
  if (more.length || !cleaned) return null;
  const groups = grouping ? whole.split(grouping) : [whole];
  if (groups.length > 1 && groups.some((group, at) => at > 0 && group.length !== 3)) return null;
  const digits = groups.join("");
  if (!/^\d{1,15}$/.test(digits) || !/^\d{0,6}$/.test(fraction)) return null;
  return BigInt(digits) * MILLION + BigInt(fraction.padEnd(6, "0"));
}

/** Plain text of the server: `1234.5`. */
export function plain(written) {
  return read(written, { decimal: ".", grouping: "" });
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
