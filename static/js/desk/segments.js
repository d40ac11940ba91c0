/* The same plan as smsdesk/lib/segments.py: encoding, characters and parts. */
export function plan(text, basic, extension) {
  const chars = [...text], gsm = chars.every((char) => basic.has(char) || extension.has(char));
  const widths = chars.map((char) => (gsm ? (extension.has(char) ? 2 : 1) : char.length));
  const units = widths.reduce((sum, width) => sum + width, 0), [single, many] = gsm ? [160, 153] : [70, 67];
  let parts = units ? 1 : 0, left = many;
  if (units > single) for (const width of widths) { if (width > left) { parts += 1; left = many; } left -= width; }
  return { encoding: gsm ? "GSM-7" : "UCS-2", characters: chars.length, parts };
}
