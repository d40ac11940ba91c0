/* What a text costs, as smsdesk/lib/segments.py reckons it. The tables are the server's: rules() of its TABLE. */
export const rules = (table) => ({ ...table, basic: new Set(table.basic), extension: new Set(table.extension) });

const isGsm = (char, { basic, extension }) => basic.has(char) || extension.has(char);

/* Encoding, characters and parts. */
export function plan(text, rules) {
  const chars = [...text], gsm = chars.every((char) => isGsm(char, rules));
  const widths = chars.map((char) => (gsm ? (rules.extension.has(char) ? 2 : 1) : char.length));
  const units = widths.reduce((sum, width) => sum + width, 0), [single, many] = gsm ? [160, 153] : [70, 67];
  let parts = units ? 1 : 0, left = many;
  if (units > single) for (const width of widths) { if (width > left) { parts += 1; left = many; } left -= width; }
  return { encoding: gsm ? "GSM-7" : "UCS-2", units, parts, characters: chars.length };
}

/* The text with GSM-7 characters where there are some that say the same. */
export const cheaper = (text, { cheaper }) => [...text].map((char) => cheaper[char] ?? char).join("");

/* What makes a text UCS-2, each once: what a reader takes for one character is not taken apart. */
export function foreign(text, rules) {
  const read = window.Intl?.Segmenter ? [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment) : [...text];
  return [...new Set(read)].filter((sign) => [...sign].some((char) => !isGsm(char, rules)));
}

/* The parts a text would have if everything in it that is not GSM-7 were one character that is. */
export const plainParts = (text, rules) => plan([...cheaper(text, rules)].map((char) => (isGsm(char, rules) ? char : "?")).join(""), rules).parts;

/* The beginning of a text that fits into `room` characters, cut between words where there are some. */
export function cutAtWord(text, room) {
  const chars = [...text];
  if (chars.length <= room) return text;
  const head = chars.slice(0, room + 1).join(""), end = head.search(/\s\S*$/);
  return (end > 0 ? head.slice(0, end) : chars.slice(0, room).join("")).trimEnd();
}
