/** What a complaint of the schema comes down to: a stable code, and a hint for someone who knows the release, not XML. */
export interface Explained {
  code: string;
  hint: string;
}

/** Forms of values that people know by name. The element's name is what libxml2's message begins with. */
const forms: Readonly<Record<string, string>> = {
  ISRC: 'An ISRC is two letters, three letters or digits and seven digits, without hyphens: QZK6F2500001.',
  GRid: 'A GRid has 18 letters and digits, without hyphens, and begins with A1.',
  ICPN: 'A UPC or EAN has 8 or 12 to 14 digits and nothing else.',
  ISNI: 'An ISNI has 15 digits and a last digit or X, without spaces.',
  ISWC: 'An ISWC is a T and 10 digits, without dots or hyphens.',
  IpiNameNumber: 'An IPI name number has 11 digits: fill it up with zeros on the left.',
  PartyId: 'A DDEX Party Id is PADPIDA and ten digits and a last letter or digit.',
  PartyReference: 'References to parties begin with P.',
  ResourceReference: 'References to resources begin with A.',
  ReleaseReference: 'References to releases begin with R.',
  TechnicalResourceDetailsReference: 'References to technical details begin with T.',
  Duration: 'A length is written as PT3M38S: minutes and seconds.',
  LanguageAndScriptCode: 'A language is written as en, fr-CA or zh-Hans.',
};

const types: Readonly<Record<string, string>> = {
  dateTime: 'A time is written as 2026-06-17T00:00:00, with an offset only where it means one instant everywhere.',
  date: 'A date is written as 2026-06-17.',
  duration: 'A length is written as PT3M38S: minutes and seconds.',
  boolean: 'Only true and false are possible here.',
  integer: 'Only a whole number is possible here.',
  decimal: 'Only a number with a point for its decimals is possible here: 12.50.',
  anyURI: 'Only an address or a file name is possible here.',
  ID: 'A reference must begin with a letter and be the only one of its name.',
  IDREF: 'A reference must begin with a letter and name something in this message.',
  gYear: 'A year has four digits.',
};

const few = (words: readonly string[]): string => (words.length > 8 ? `${words.slice(0, 8).join(', ')}, …` : words.join(', '));
const listOf = (text: string): string[] => text.split(/,\s*/).map((word) => word.trim().replace(/^'|'$/g, ''));

/** The word of a list that another was probably meant to be: alike but for case, spaces and punctuation. */
function meant(word: string, allowed: readonly string[]): string | undefined {
  const bare = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  return allowed.find((each) => bare(each) === bare(word));
}

const about = /^Element '(?:\{[^}]*\})?([^']+)'(?:, attribute '(?:\{[^}]*\})?([^']+)')?/;

/** The local name of the attribute that a message of libxml2's schema validator is about: its node is always the element. */
export const attributeAtFault = (message: string): string | undefined => about.exec(message)?.[2];

/** Explains one message of libxml2's schema validator. Its English is fixed: it is not translated. */
export function explainSchemaFault(message: string): Explained {
  const [, element = '', attribute] = about.exec(message) ?? [];
  const subject = attribute ?? element;

  const set = /The value '([\s\S]*)' is not an element of the set \{(.*)\}/.exec(message);
  if (set) {
    const allowed = listOf(set[2]!);
    const likely = meant(set[1]!, allowed);
    return {
      code: 'schema.value_not_allowed',
      hint: likely
        ? `Write ${likely}: capitals and small letters count.`
        : `${subject} takes only values of a fixed list: ${few(allowed)}.`,
    };
  }
  const unexpected = /This element is not expected\.(?: Expected is (?:one of )?\( ?(.*?) ?\))?/.exec(message);
  if (unexpected) {
    const expected = unexpected[1] ? few(listOf(unexpected[1])) : null;
    return {
      code: 'schema.element_unexpected',
      hint: expected
        ? `${element} cannot stand here: it is in the wrong place or misspelt, or something before it is missing. Here the standard has ${expected}.`
        : `${element} cannot stand here: it is one too many, in the wrong place or misspelt.`,
    };
  }
  const missing = /Missing child element\(s\)\.(?: Expected is (?:one of )?\( ?(.*?) ?\))?/.exec(message);
  if (missing)
    return {
      code: 'schema.element_missing',
      hint: `${element} is incomplete: ${missing[1] ? `${few(listOf(missing[1]))} must be in it` : 'something must be in it'}.`,
    };
  const required = /The attribute '(?:\{[^}]*\})?([^']+)' is required but missing/.exec(message);
  if (required) return { code: 'schema.attribute_missing', hint: `${element} must say its ${required[1]}.` };
  const foreign = /The attribute '(?:\{[^}]*\})?([^']+)' is not allowed/.exec(message);
  if (foreign)
    return { code: 'schema.attribute_unexpected', hint: `Take ${foreign[1]} off ${element}: the standard has no such attribute there.` };
  if (/is not accepted by the pattern/.test(message))
    return { code: 'schema.value_form', hint: forms[subject] ?? `The value of ${subject} is not written as the standard wants it.` };
  const atomic = /is not a valid value of the (?:atomic|list|union|local atomic|local union) type '(?:[\w-]+:)?([^']+)'/.exec(message);
  if (atomic)
    return {
      code: 'schema.value_type',
      hint: forms[subject] ?? types[atomic[1]!] ?? `The value of ${subject} is not written as the standard wants it.`,
    };
  if (/\[facet '(?:min|max)?[lL]ength'\]/.test(message))
    return { code: 'schema.value_length', hint: `The value of ${subject} is too long or too short.` };
  if (/Character content (?:other than whitespace )?is not allowed/.test(message))
    return { code: 'schema.text_unexpected', hint: `${element} holds other elements and no text of its own.` };
  if (/No matching global declaration/.test(message))
    return {
      code: 'schema.unknown_message',
      hint: `${element} is no message of this version of the standard: look at the first element of the file.`,
    };
  return { code: 'schema.invalid', hint: `${subject || 'The message'} is not as the standard describes it.` };
}
