const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parse } = require('yaml');
const { chart, helm, template } = require('./render');

const refused = (set, values = 'minimal') => {
  const run = template(values, { set });
  expect(run.stdout).toBe('');
  expect(run.status).not.toBe(0);
  return run.stderr;
};

describe('values.schema.json', () => {
  test.each([
    ['a misspelt key at the top', { replicaz: 3 }, /replicaz is not allowed/],
    [
      'a misspelt key of a service',
      { 'services.catalog.resource.cpu': 1 },
      /services\.catalog: Additional property resource is not allowed/,
    ],
    ['a service that does not exist', { 'services.katalog.replicas': 2 }, /services: Additional property katalog is not allowed/],
    ['a misspelt key deep down', { 'defaults.autoscaling.minReplica': 2 }, /minReplica is not allowed/],
    ['an environment that does not exist', { environment: 'staging' }, /environment must be one of the following: "production", "sandbox"/],
    ['a log level that does not exist', { logLevel: 'loud' }, /logLevel must be one of/],
    ['a number as text', { 'defaults.replicas': 'two' }, /defaults\.replicas: Invalid type\. Expected: integer, given: string/],
    ['no replica at all', { 'defaults.replicas': 0 }, /defaults\.replicas: Must be greater than or equal to 1/],
    [
      'a secret in place of its name',
      { 'secrets.internalToken': 'c2VjcmV0' },
      /secrets\.internalToken: Invalid type\. Expected: object, given: string/,
    ],
    ['a value beside the reference', { 'secrets.internalToken.value': 'c2VjcmV0' }, /value is not allowed/],
    ['credentials in the NATS URL', { 'nats.url': 'nats://user:pass@nats:4222' }, /nats\.url: Does not match pattern/],
    ['credentials in the storage URL', { 'storage.url': 's3://key:secret@bucket' }, /storage\.url: Does not match pattern/],
    ['another kind of storage', { 'storage.url': 'ftp://host/folder' }, /storage\.url: Does not match pattern/],
    ['root', { 'security.runAsUser': 0 }, /security\.runAsUser: Must be greater than or equal to 1/],
    ['weaker security', { 'security.privileged': true }, /privileged is not allowed/],
    ['a quantity that is none', { 'defaults.tmpSize': '256 MB' }, /defaults\.tmpSize: Does not match pattern/],
    ['schemas in a ConfigMap, which is too small', { 'ddexSchemas.existingConfigMap': 'xsd' }, /existingConfigMap is not allowed/],
    ['a tag inside the repository', { 'image.digest': 'sha256:abc' }, /image\.digest: Does not match pattern/],
    [
      'replicas for the DSP simulator',
      { 'services.dsp-simulator.replicas': 2 },
      /dsp-simulator: Additional property replicas is not allowed/,
    ],
  ])('refuses %s and says where', (_what, set, message) => {
    expect(refused(set)).toMatch(message);
  });

  test('knows exactly the keys of values.yaml', () => {
    const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8'));
    const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));
    const followed = (node) => (node.$ref ? schema.definitions[node.$ref.split('/').pop()] : node);
    const compare = (node, value, path) => {
      const { properties, additionalProperties } = followed(node);
      if (!properties || value === null || Array.isArray(value)) return;
      expect({ path, closed: additionalProperties }).toEqual({ path, closed: false });
      const optional = path === '' ? ['global'] : [];
      // services.<name> may hold any key of defaults and needs none.
      const known =
        /^services\.[^.]+(\..+)?$/.test(path) || /resources|affinity/.test(path)
          ? Object.keys(value)
          : Object.keys(properties).filter((key) => !optional.includes(key));
      expect({ path, keys: Object.keys(value).sort() }).toEqual({ path, keys: known.sort() });
      for (const [key, inner] of Object.entries(value))
        if (properties[key] && typeof inner === 'object') compare(properties[key], inner, path ? `${path}.${key}` : key);
    };
    compare(schema, values, '');
  });
});

describe('checks across values', () => {
  test('the chart without values says at once all that it needs', () => {
    const { status, stderr } = helm('template', 'tg', chart);
    expect(status).not.toBe(0);
    for (const key of ['image.repository', 'publicUrl', 'nats.url', 'storage.url']) expect(stderr).toContain(`* ${key}: `);
  });

  test.each([
    ['a public URL beside the base path', { publicUrl: 'https://music.example.com/v1' }, 'publicUrl: must end with basePath (/api)'],
    ['private addresses in production', { allowPrivateAddresses: true }, 'allowPrivateAddresses: only for environment sandbox'],
    ['two NATS URLs', { 'nats.urlSecret.name': 'nats' }, 'nats.url: give it or nats.urlSecret, not both'],
    [
      'a folder as storage without a claim',
      { 'storage.url': 'file:///var/lib/tonegrid/storage' },
      'storage.existingClaim: a file:// storage.url needs',
    ],
    ['a folder elsewhere', { 'storage.url': 'file:///media', 'storage.existingClaim': 'media' }, 'storage.url: the claim is mounted at'],
    [
      'two lists of DSPs',
      { 'dsps.content': 'dsps: []', 'dsps.existingConfigMap': 'ours' },
      'dsps.content: give it or dsps.existingConfigMap',
    ],
    ['an Ingress without a host', { 'ingress.enabled': true }, 'ingress.host: the host name'],
    ['a route without a Gateway', { 'httpRoute.enabled': true }, 'httpRoute.parentRefs: name the Gateway'],
    [
      'an autoscaler upside down',
      { 'services.catalog.autoscaling.enabled': true, 'services.catalog.autoscaling.minReplicas': 9 },
      'services.catalog.autoscaling: minReplicas is above maxReplicas',
    ],
    [
      'a variable that the chart sets',
      { 'services.delivery.extraEnv[0].name': 'GRPC_PORT', 'services.delivery.extraEnv[0].value': '1' },
      'services.delivery.extraEnv: GRPC_PORT is set by the chart already',
    ],
  ])('refuse %s with a sentence', (_what, set, sentence) => {
    expect(refused(set)).toContain(sentence);
  });
});
