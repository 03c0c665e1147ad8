/** A text with its `${NAME}` references filled in, or the names that had to be set and were not. */
export type Filled = { text: string } | { missing: string[] };

/**
 * Fills `${NAME}` and `${NAME:-default}`; a default may hold references itself. With `defaults: false` every variable has to
 * be set, which is the rule in production. An empty value counts as unset, as in a shell's `:-`.
 * Throws SyntaxError for a reference that is not closed or has no proper name.
 */
export function fillVariables(text: string, env: NodeJS.ProcessEnv, defaults: boolean): Filled {
  let out = '';
  const missing: string[] = [];
  let at = 0;
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', at)) {
    out += text.slice(at, start);
    const end = closingBrace(text, start + 2);
    const reference = /^([A-Z][A-Z0-9_]*)(?::-([\s\S]*))?$/.exec(text.slice(start + 2, end));
    if (!reference) throw new SyntaxError(`"${text.slice(start, end + 1)}" is not \${NAME} or \${NAME:-default}`);
    const [, name = '', fallback] = reference;
    const value = env[name];
    if (value) out += value;
    else if (defaults && fallback !== undefined) {
      const filled = fillVariables(fallback, env, defaults);
      if ('missing' in filled) missing.push(...filled.missing);
      else out += filled.text;
    } else missing.push(name);
    at = end + 1;
  }
  return missing.length > 0 ? { missing } : { text: out + text.slice(at) };
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text.startsWith('${', i)) depth++;
    else if (text[i] === '}' && --depth === 0) return i;
  }
  throw new SyntaxError(`"${text}" has a reference that is not closed`);
}
