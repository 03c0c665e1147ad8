/** A slug: lower-case letters, digits and single hyphens between them. */
const slugForm = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** What is wrong with the form of a slug, in a sentence for people; undefined when nothing is. */
export const slugProblem = (slug: string): string | undefined =>
  slugForm.test(slug) ? undefined : 'The slug may only have lower-case letters, digits and single hyphens between them.';

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * A host name in canonical spelling: lower case, international names in their ASCII form, no dot at the end. Undefined for what is
 * none, for an address, and for a name without a dot.
 */
export function parseDomain(text: string): string | undefined {
  const given = text.trim().replace(/\.$/, '');
  if (given === '' || /[\s/:@?#\\%[\]]/.test(given) || !URL.canParse(`http://${given}/`)) return undefined;
  const host = new URL(`http://${given}/`).hostname;
  const labels = host.split('.');
  const whole = host.length <= 253 && labels.length >= 2 && labels.every((each) => label.test(each));
  return whole && !/^\d+$/.test(labels.at(-1)!) ? host : undefined;
}
