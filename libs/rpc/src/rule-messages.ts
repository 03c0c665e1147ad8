/** Sentences of broken field rules in English; words in braces are filled in. */
export const ruleMessages = {
  required: 'The {field} field is required.',
  unknown: 'The {field} field is not known.',
  type: 'The {field} must be {expected}.',
  one_of: 'The {field} must be one of: {values}.',
  min_length: 'The {field} must be at least {limit} characters.',
  max_length: 'The {field} may not be greater than {limit} characters.',
  min: 'The {field} must be at least {limit}.',
  max: 'The {field} may not be greater than {limit}.',
  min_items: 'The {field} must have at least {limit} items.',
  max_items: 'The {field} may not have more than {limit} items.',
  date: 'The {field} is not a valid date (YYYY-MM-DD).',
  uuid: 'The {field} must be a valid UUID.',
  url: 'The {field} must be a valid URL.',
  country: 'The {field} must be an ISO 3166-1 alpha-2 code.',
  language: 'The {field} must be a BCP-47 language tag.',
  email: 'The {field} must be a valid email address.',
  dpid: 'The {field} must be a DDEX party id.',
  md5: 'The {field} must be an MD5 in 32 hexadecimal digits.',
  characters: 'The {field} contains characters that are not allowed.',
} as const;

/** Name of a field rule. */
export type RuleName = keyof typeof ruleMessages;

/** The sentence of a broken rule. */
export const ruleMessage = (rule: RuleName, field: string, params: Record<string, string | number> = {}): string =>
  ruleMessages[rule].replace(/\{(\w+)\}/g, (braces, name: string) => (name === 'field' ? field : String(params[name] ?? braces)));
