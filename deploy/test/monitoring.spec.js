const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parse } = require('yaml');
const { read, root } = require('./dockerfile');

const alerts = parse(read('deploy/prometheus/alerts.yaml')).groups.flatMap(({ rules }) => rules);
const dashboard = JSON.parse(read('deploy/grafana/platform.json'));
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = [
  ...alerts.map(({ alert, expr }) => [alert, expr]),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr])),
];

// Metric names of an expression: what is left of it without label lists, strings, functions, keywords and numbers.
const words = new Set([
  'by',
  'or',
  'and',
  'unless',
  'on',
  'offset',
  'group_left',
  'le',
  'job',
  'dsp',
  'stage',
  'consumer',
  'outcome',
  'code',
  'method',
  'route',
  'status',
  'namespace',
  'pod',
]);
const metricsOf = (expr) =>
  [...expr.replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ').matchAll(/\b([a-z_][a-z0-9_]*)\b(?!\s*\()/g)]
    .map(([, name]) => name)
    .filter((name) => !words.has(name) && !/^\d/.test(name) && !['sum', 'max', 'm', 'h'].includes(name));

// Names that the code registers, read from its sources: `name: 'x_total'` beside a help text, or `(registry, 'x_total'`.
const registered = new Set();
const collect = (folder) => {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.spec.ts')) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (path.includes('node_modules') || path.includes('/dist/')) continue;
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/(?:name:\s*|\(registry,\s*)'([a-z]+(?:_[a-z0-9]+)+)',?\s*(?:help:|'|\w)/g))
      registered.add(name);
  }
};
collect(join(root, 'libs'));
collect(join(root, 'services'));
const foreign = /^(up|kube_\w+|process_\w+|nodejs_\w+)$/;

describe('alerts and dashboard', () => {
  test.each(expressions)('%s asks only for metrics that the code registers', (_title, expr) => {
    const names = metricsOf(expr);
    expect(names.length).toBeGreaterThan(0);
    const unknown = names.filter((name) => !foreign.test(name) && !registered.has(name.replace(/_(bucket|sum|count)$/, '')));
    expect(unknown).toEqual([]);
  });

  test('every alert has a severity, a summary and a section in the guide that says what to do', () => {
    const guide = read('docs/guides/operate.md');
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      expect(['info', 'warning', 'critical']).toContain(labels.severity);
      expect(annotations.summary).toBeTruthy();
      expect(guide).toContain(`**${alert}**`);
    }
  });

  test('a service that vanishes is noticed, whichever it is', () => {
    const { expr } = alerts.find(({ alert }) => alert === 'TonegridServiceAbsent');
    for (const name of readdirSync(join(root, 'services')))
      if (name !== 'dsp-simulator') expect(expr).toContain(`up{job="tonegrid-${name}"}`);
  });

  test('panels do not overlap, have unique ids and say what they show', () => {
    const cells = new Set();
    for (const { gridPos, id, title, description, type } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells.has(`${x} ${y}`)).toBe(false);
          cells.add(`${x} ${y}`);
        }
      }
      expect(id).toBeGreaterThan(0);
      expect(title).toBeTruthy();
      if (type !== 'row') expect(description).toBeTruthy();
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});
