/** One sample of a Prometheus exposition. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** The families of an exposition and their samples. */
export interface Metrics {
  /** Name of the family → counter, gauge, histogram, summary or untyped. */
  types: ReadonlyMap<string, string>;
  samples: readonly Sample[];
  /** Sum of the samples of this name that have these labels; undefined when there is none. */
  sum(name: string, labels?: Record<string, string>): number | undefined;
}

const nameForm = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const sampleForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:e[+-]?[0-9]+)?)(?: -?[0-9]+)?$/i;
const labelForm = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/**
 * Reads Prometheus' text format 0.0.4 as strictly as its description is written, so that what passes here is scraped by every
 * Prometheus: help and type before the samples of a family, no family and no series twice, histograms whose buckets only grow and
 * end in +Inf with the count. Throws with the line that is wrong.
 */
export function readMetrics(text: string): Metrics {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const seen = new Set<string>();
  const samples: Sample[] = [];
  let family = '';
  for (const line of text.split('\n')) {
    const wrong = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    if (line === '') continue;
    const [, keyword, about = '', rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword !== undefined && !nameForm.test(about)) wrong('not a name');
    if (keyword === 'HELP') {
      if (helped.has(about)) wrong('a second HELP');
      helped.add(about);
      continue;
    }
    if (keyword === 'TYPE') {
      if (types.has(about)) wrong('a second TYPE');
      if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(rest!)) wrong('not a type');
      types.set(about, rest!);
      family = about;
      continue;
    }
    if (line.startsWith('#')) continue;
    const [, name = '', labelText = '', number = ''] = sampleForm.exec(line) ?? wrong('not a sample');
    if (name !== family && !suffixes(types.get(family)).some((suffix) => name === `${family}${suffix}`))
      wrong(`a sample outside of its family (${family})`);
    const labels = labelsOf(labelText, wrong);
    const series = `${name}${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(series)) wrong('a series twice');
    seen.add(series);
    samples.push({ name, labels, value: number === '+Inf' ? Infinity : number === '-Inf' ? -Infinity : Number(number) });
  }
  checkHistograms(types, samples);
  return {
    types,
    samples,
    sum(name, labels = {}) {
      const found = samples.filter(
        (sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      );
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

const suffixes = (type: string | undefined): string[] =>
  type === 'histogram' ? ['_bucket', '_sum', '_count'] : type === 'summary' ? ['_sum', '_count'] : [];

function labelsOf(text: string, wrong: (why: string) => never): Record<string, string> {
  const labels: Record<string, string> = {};
  labelForm.lastIndex = 0;
  while (labelForm.lastIndex < text.length) {
    const [, name, value] = labelForm.exec(text) ?? wrong('not labels');
    if (Object.hasOwn(labels, name!)) wrong('a label twice');
    labels[name!] = value!.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function checkHistograms(types: ReadonlyMap<string, string>, samples: readonly Sample[]): void {
  for (const [family, type] of types) {
    if (type !== 'histogram') continue;
    const series = new Map<string, Sample[]>();
    for (const sample of samples.filter(({ name }) => name === `${family}_bucket`)) {
      const key = keyOf(sample.labels);
      series.set(key, [...(series.get(key) ?? []), sample]);
    }
    for (const [key, buckets] of series) {
      const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Infinity : Number(labels['le'])));
      const counts = buckets.map(({ value }) => value);
      const growing = (numbers: number[]) => numbers.every((number, place) => place === 0 || number >= numbers[place - 1]!);
      if (!growing(bounds) || !growing(counts)) throw new Error(`${family} ${key}: buckets do not grow`);
      const count = samples.find(({ name, labels }) => name === `${family}_count` && keyOf(labels) === key)?.value;
      if (bounds.at(-1) !== Infinity || counts.at(-1) !== count)
        throw new Error(`${family} ${key}: the last bucket is not +Inf with the count`);
    }
  }
}

const keyOf = ({ le: _le, ...others }: Record<string, string>): string => JSON.stringify(Object.entries(others).sort());
