let known: ReadonlySet<string> | undefined;

/** The 49,000 most usual passwords of known breaches (zxcvbn-ts, MIT), in memory from the first question on: reading them takes a third of a second. */
function passwords(): ReadonlySet<string> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- when it is needed and at once; import() is neither under Jest
  const { dictionary } = require('@zxcvbn-ts/language-common') as typeof import('@zxcvbn-ts/language-common');
  return (known ??= new Set(dictionary['passwords-common']));
}

/** Letters as which signs are used in passwords. */
const stands: Record<string, string> = { '@': 'a', '4': 'a', '3': 'e', '1': 'i', '!': 'i', '0': 'o', $: 's', '5': 's', '7': 't' };

/**
 * Whether a password, in lower case, is known from breaches: itself, or a known one that was only dressed up with digits and signs at its
 * ends (`password2024!!`) or with signs for letters (`p@ssw0rd2024`). Nothing is asked outside.
 */
export function isBreached(password: string): boolean {
  const set = passwords();
  const plain = password.replace(/[@431!0$57]/g, (sign) => stands[sign]!);
  const bare = (text: string) => text.replace(/^[\p{N}\p{P}\p{S}\s]+|[\p{N}\p{P}\p{S}\s]+$/gu, '');
  const candidates = [password, plain, bare(password), bare(password).replace(/[@431!0$57]/g, (sign) => stands[sign]!)];
  return candidates.some((candidate) => candidate.length >= 4 && set.has(candidate));
}
