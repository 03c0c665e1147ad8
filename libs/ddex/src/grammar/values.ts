import type { CodedValue, ProprietaryId, Territories } from '../model/notification';
import type { XmlElement } from '../read/scan-xml';
import type { Attributes } from '../write/string-tree';
import { type Codec, type Field, type Reading, type Scalar, type Writing } from './codec';

/**
 * Words of DDEX that a version does not have yet are written as user-defined ones in this namespace, and read back as what
 * they are: the word survives the way through an older version.
 */
export const laterWords = 'ddex.net';

/** A word of an allowed-value set. `knows`: the words that this version has, where they are not all of them. */
export function coded(knows?: (word: string) => boolean): Codec<CodedValue> {
  return {
    write(value, name) {
      const own = value.userDefined;
      if (own) return { name, attributes: { Namespace: own.namespace, UserDefinedValue: own.value }, content: value.value };
      if (knows && !knows(value.value))
        return { name, attributes: { Namespace: laterWords, UserDefinedValue: value.value }, content: 'UserDefined' };
      return { name, attributes: null, content: value.value };
    },
    read(element, context) {
      let namespace: string | undefined;
      let own: string | undefined;
      for (const attribute of element.attributes) {
        if (attribute.name === 'Namespace') namespace = attribute.value;
        else if (attribute.name === 'UserDefinedValue') own = attribute.value;
        else context.drop(element, undefined, attribute.name);
      }
      for (const child of element.children) context.drop(child);
      const value = element.text.trim();
      if (namespace === undefined && own === undefined) return { value };
      if (namespace === laterWords && own !== undefined && value === 'UserDefined') return { value: own };
      return { value, userDefined: { ...(namespace === undefined ? {} : { namespace }), ...(own === undefined ? {} : { value: own }) } };
    },
  };
}

/** The same spread over attributes: the word, its namespace, the value of one's own. */
export function codedAttributes<K extends string>(
  key: K,
  word: string,
  namespace = 'Namespace',
  userDefined = 'UserDefinedValue',
): Field<{ [P in K]?: CodedValue }>[] {
  type T = { [P in K]?: CodedValue };
  const part = (
    name: string,
    write: (value: CodedValue) => string | undefined,
    read: (text: string, value: CodedValue) => void,
  ): Field<T> => ({
    keys: [key as Extract<keyof T, string>],
    attribute: {
      name,
      write: (value) => (value[key] ? write(value[key]) : undefined),
      read(text, target) {
        read(text, ((target as Record<string, CodedValue>)[key] ??= { value: '' }));
        return true;
      },
    },
  });
  return [
    part(
      word,
      (value) => value.value || undefined,
      (text, value) => void (value.value = text),
    ),
    part(
      namespace,
      (value) => value.userDefined?.namespace,
      (text, value) => void (value.userDefined = { ...value.userDefined, namespace: text }),
    ),
    part(
      userDefined,
      (value) => value.userDefined?.value,
      (text, value) => void (value.userDefined = { ...value.userDefined, value: text }),
    ),
  ];
}

/** The same where the word is the element's text. */
export const codedContent = (namespace = 'Namespace', userDefined = 'UserDefinedValue'): Field<CodedValue>[] => [
  {
    keys: ['value'],
    content: {
      write: (value) => value.value,
      read(text, target) {
        target.value = text;
        return true;
      },
    },
  },
  ...(['namespace', 'value'] as const).map((part): Field<CodedValue> => ({
    keys: ['userDefined'],
    attribute: {
      name: part === 'namespace' ? namespace : userDefined,
      write: (value) => value.userDefined?.[part],
      read(text, target) {
        target.userDefined = { ...target.userDefined, [part]: text };
        return true;
      },
    },
  })),
];

/** `Worldwide` is what the absence of a territory means; the reference writes it out. */
export const territoryCode = <T extends { territory?: string }>(
  name = 'ApplicableTerritoryCode',
  options: { writtenOut: boolean } = { writtenOut: true },
): Field<T> => ({
  keys: ['territory' as Extract<keyof T, string>],
  attribute: {
    name,
    write: (value) => value.territory ?? (options.writtenOut ? 'Worldwide' : undefined),
    read(text, target) {
      if (text !== 'Worldwide') target.territory = text;
      return true;
    },
  },
});

/** An identifier in somebody's namespace. */
export const proprietaryId: Codec<ProprietaryId> = {
  write: (id, name) => ({ name, attributes: { Namespace: id.namespace }, content: id.value }),
  read(element, context) {
    let namespace = '';
    for (const attribute of element.attributes) {
      if (attribute.name === 'Namespace') namespace = attribute.value;
      else context.drop(element, undefined, attribute.name);
    }
    for (const child of element.children) context.drop(child);
    return { namespace, value: element.text.trim() };
  },
};

type Units = Readonly<Record<string, number>>;

/** A number with its unit, held in the unit that stands first; one without a unit is in that. */
function measured(units: Units): Codec<number> {
  const [unit] = Object.keys(units);
  return {
    write: (value, name) => ({ name, attributes: { UnitOfMeasure: unit }, content: String(Number(value.toFixed(9))) }),
    read(element, context) {
      let factor = 1;
      for (const attribute of element.attributes) {
        const itsFactor = attribute.name === 'UnitOfMeasure' ? units[attribute.value] : undefined;
        if (itsFactor === undefined) context.drop(element, undefined, attribute.name);
        else factor = itsFactor;
      }
      for (const child of element.children) context.drop(child);
      const given = element.text.trim();
      if (!/^[+-]?(\d{1,15}(\.\d*)?|\.\d+)$/.test(given)) {
        context.drop(element, 'is no value of its type');
        return undefined;
      }
      return factor === 1 ? Number(given) : Number((Number(given) * factor).toPrecision(12));
    },
  };
}

export const bitRate = measured({ kbps: 1, bps: 0.001, Mbps: 1000, Gbps: 1_000_000 });
export const frequency = measured({ Hz: 1, kHz: 1000, MHz: 1_000_000, GHz: 1_000_000_000 });
export const pixels = measured({ Pixel: 1 });

/** A word that a version may lack: the nearest one stands in its place, and that is told. Null: nothing is near. */
export const nearest = (replaced: Readonly<Record<string, string | null>>): Codec<string> => ({
  write(value, name, context) {
    const near = Object.hasOwn(replaced, value) ? replaced[value]! : value;
    if (near !== value) context.lose('', `ERN ${context.version} has no ${value}: ${near} stands in its place`);
    return { name, attributes: null, content: near };
  },
  read: (element, context) => context.text(element),
});

/** Where something holds: a choice of territories or of exceptions. */
export function territories<T extends { territories?: Territories }>(): Field<T> {
  const reader =
    (mode: Territories['mode']) =>
    (element: XmlElement, target: T, context: Reading): void => {
      const code = context.text(element);
      if (!target.territories) target.territories = { mode, codes: [code] };
      else if (target.territories.mode === mode) target.territories.codes.push(code);
      else context.drop(element, 'stands beside territories of the other kind');
    };
  return {
    keys: ['territories' as Extract<keyof T, string>],
    write(value, out) {
      if (!value.territories) return;
      const name = value.territories.mode === 'only' ? 'TerritoryCode' : 'ExcludedTerritoryCode';
      for (const code of value.territories.codes) out.push({ name, attributes: null, content: code });
    },
    elements: { TerritoryCode: reader('only'), ExcludedTerritoryCode: reader('except') },
  };
}

/** A share of a right, or that it is not known: `unknown`. What is left out would be read as the whole. */
export const share = <T extends { share?: string }>(): Field<T> => ({
  keys: ['share' as Extract<keyof T, string>],
  write(value, out) {
    if (value.share === 'unknown') out.push({ name: 'RightShareUnknown', attributes: null, content: 'true' });
    else if (value.share !== undefined) out.push({ name: 'RightSharePercentage', attributes: null, content: value.share });
  },
  elements: {
    RightShareUnknown(element, target, context) {
      if (/^(true|1)$/.test(context.text(element))) target.share ??= 'unknown';
    },
    RightSharePercentage(element, target, context) {
      const given = element.text.trim();
      const isOfOne = element.attributes.some((item) => item.name === 'HasMaxValueOfOne' && /^(true|1)$/.test(item.value));
      for (const item of element.attributes) if (item.name !== 'HasMaxValueOfOne') context.drop(element, undefined, item.name);
      if (!/^\d{1,9}(\.\d*)?$/.test(given)) context.drop(element, 'is no value of its type');
      else target.share = String(Number((Number(given) * (isOfOne ? 100 : 1)).toFixed(6)));
    },
  },
});

/** A period in dates or in times: which it is shows in the value. */
export function period<T extends { start?: string; end?: string }>(): Field<T> {
  const keys = ['start', 'end'] as const;
  const names = { start: ['StartDate', 'StartDateTime'], end: ['EndDate', 'EndDateTime'] } as const;
  const isDate = (value: string): boolean => !value.includes('T');
  return {
    keys: keys as unknown as Extract<keyof T, string>[],
    write(value, out, context) {
      // A period is in dates or in times, not both: a date beside a time begins its day.
      const inTimes = keys.some((key) => value[key] !== undefined && !isDate(value[key]));
      for (const key of keys) {
        const said = value[key];
        if (said === undefined) continue;
        if (inTimes && isDate(said)) context.lose(key, 'stands beside a time: it is written as the midnight that begins it');
        out.push({ name: names[key][inTimes ? 1 : 0], attributes: null, content: inTimes && isDate(said) ? `${said}T00:00:00` : said });
      }
    },
    elements: Object.fromEntries(
      keys.flatMap((key) =>
        names[key].map((name) => [
          name,
          (element: XmlElement, target: T, context: Reading): void => {
            const said = context.text(element);
            if (target[key] !== undefined) context.drop(element, 'is said more than once; the first stands');
            else target[key] = said;
          },
        ]),
      ),
    ),
  };
}

/** A sum of money. */
export const money: Codec<{ amount: string; currency: string }> = {
  write: (value, name) => ({ name, attributes: { CurrencyCode: value.currency } satisfies Attributes, content: value.amount }),
  read(element, context) {
    let currency = '';
    for (const attribute of element.attributes) {
      if (attribute.name === 'CurrencyCode') currency = attribute.value;
      else context.drop(element, undefined, attribute.name);
    }
    for (const child of element.children) context.drop(child);
    return { amount: element.text.trim(), currency };
  },
};

/** Hexadecimal digits in lower case; Base64 and what else there may be as it stands. */
export const hashValue: Scalar<string> = {
  parse: (value) => (/^[0-9A-Fa-f]+$/.test(value) ? value.toLowerCase() : value),
  format: (value) => value,
};

/** Tells of all entries of a list but the first; for versions that hold one only. */
export function onlyFirst<V>(items: readonly V[], where: string, context: Writing, reason?: string): V | undefined {
  for (let index = 1; index < items.length; index++) context.lose(`${where}[${index}]`, reason);
  return items[0];
}
