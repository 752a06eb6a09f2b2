/** @lockstep/core/json: JSON of files that may come from anywhere. */

/** No file of ours nests deeper than a dozen. */
const mostDepth = 100;

/**
 * `JSON.parse` for text that nests at most 100 deep. V8 14.6 (Node 26.10) overwrites memory that is not its own where objects nest some thousand
 * deep, which ends the process or worse; and what is nested is walked by recursion later.
 *
 * @throws SyntaxError for text that is no JSON or nests deeper.
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      // What a backslash stands before is no quotation mark.
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > mostDepth) throw new SyntaxError(`JSON nested more than ${mostDepth} deep at position ${i}`);
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return JSON.parse(text);
}
