const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * The check character of a DDEX Party Identifier: ISO 7064 MOD 37,36 over all that stands before it, prefix included
 * (it holds for every DPID that DSPs have published, such as PADPIDA2011072101T).
 */
export function dpidCheckCharacter(body: string): string {
  let product = 36;
  for (const character of body) {
    const sum = (product + alphabet.indexOf(character)) % 36 || 36;
    product = (sum * 2) % 37;
  }
  return alphabet.charAt((37 - product) % 36);
}

/** What is wrong with a DPID in the form used in messages (no hyphens), or null when it is well formed. */
export function dpidProblem(dpid: string): string | null {
  if (!/^PADPIDA[0-9A-Z]{11}$/.test(dpid)) return `"${dpid}" is not a DPID (PADPIDA, ten letters or digits, a check character; no hyphens)`;
  const expected = dpidCheckCharacter(dpid.slice(0, -1));
  return dpid.endsWith(expected) ? null : `"${dpid}" has a wrong check character (${expected} expected)`;
}
