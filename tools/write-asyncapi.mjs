// Writes the AsyncAPI document of the platform's events from their descriptors: `node tools/write-asyncapi.mjs FILE`, after
// libs/contracts is built. Every event of proto/tonegrid/events is a channel with its CloudEvent.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(join(root, 'libs/contracts/package.json'));
const { comments, eventMessages, words } = require(join(root, 'libs/contracts/dist/src/index.js'));
const { ScalarType } = require('@bufbuild/protobuf');
const { FeatureSet_FieldPresence } = require('@bufbuild/protobuf/wkt');

const integers64 = new Set([ScalarType.INT64, ScalarType.UINT64, ScalarType.SINT64, ScalarType.FIXED64, ScalarType.SFIXED64]);

function scalar(type) {
  if (type === ScalarType.STRING) return { type: 'string' };
  if (type === ScalarType.BOOL) return { type: 'boolean' };
  if (type === ScalarType.BYTES) return { type: 'string', contentEncoding: 'base64' };
  if (type === ScalarType.FLOAT || type === ScalarType.DOUBLE) return { type: 'number' };
  return { type: 'integer', format: integers64.has(type) ? 'int64' : 'int32' };
}

function value({ message, enum: enumeration, scalar: type }) {
  if (message?.typeName === 'google.protobuf.Timestamp') return { type: 'string', format: 'date-time' };
  if (message) return object(message);
  return enumeration ? { type: 'string', enum: words(enumeration).all } : scalar(type);
}

function field(desc) {
  const one = value(desc);
  if (desc.fieldKind === 'list') return { type: 'array', items: one };
  if (desc.fieldKind === 'map') return { type: 'object', additionalProperties: one };
  // As everywhere on the platform: what is unknown is null.
  const mayBeUnknown = desc.fieldKind === 'message' || desc.presence === FeatureSet_FieldPresence.EXPLICIT;
  return mayBeUnknown ? { oneOf: [one, { type: 'null' }] } : one;
}

const described = (name, schema) => ({ ...(comments[name] && { description: comments[name] }), ...schema });

/** The schema of a message: every field is there. */
function object(desc) {
  return described(desc.typeName, {
    type: 'object',
    required: desc.fields.map(({ name }) => name),
    properties: Object.fromEntries(desc.fields.map((each) => [each.name, described(`${desc.typeName}.${each.name}`, field(each))])),
  });
}

/** The parts in braces of an event's type, as parameters of its channel. */
const parameters = (type) => ({
  env: { description: 'The environment.', enum: ['sandbox', 'production'] },
  ...Object.fromEntries(
    [...type.matchAll(/\{(\w+)\}/g)].map(([, name]) => [
      name,
      { description: name === 'dsp' ? 'Canonical slug of the DSP: letters and digits.' : name },
    ]),
  ),
});

const cloudEvent = (desc, type) => ({
  allOf: [
    { $ref: '#/components/schemas/CloudEvent' },
    {
      type: 'object',
      properties: {
        type: type.includes('{')
          ? { type: 'string', pattern: `^${type.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[a-z0-9]+')}$` }
          : { const: type },
        data: { $ref: `#/components/schemas/${desc.name}` },
      },
    },
  ],
});

const ref = (path) => ({ $ref: `#/${path}` });
const each = (make) => Object.fromEntries(eventMessages.map(({ type, message }) => [message.name, make(message, type)]));

const document = {
  asyncapi: '3.0.0',
  info: {
    title: 'ToneGrid events',
    version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version,
    description:
      'What happens on the platform, as CloudEvents 1.0 in JSON on NATS JetStream, stream TONEGRID_<ENV>. Delivery is at least once, in order ' +
      'for one subject of the event; `id` stays the same when an event comes again. Webhooks carry the same data in the body ' +
      '{event_id, event, created_at, tenant_uuid, data}; they are described in the OpenAPI document.',
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  },
  defaultContentType: 'application/json',
  servers: { nats: { host: '127.0.0.1:4222', protocol: 'nats', description: 'NATS with JetStream, as the sandbox runs it.' } },
  channels: each((message, type) => ({
    address: `tonegrid.{env}.${type}`,
    title: type,
    description: comments[message.typeName],
    parameters: parameters(type),
    messages: { [message.name]: ref(`components/messages/${message.name}`) },
  })),
  operations: Object.fromEntries(
    eventMessages.map(({ message }) => [
      `on${message.name}`,
      { action: 'receive', channel: ref(`channels/${message.name}`), messages: [ref(`channels/${message.name}/messages/${message.name}`)] },
    ]),
  ),
  components: {
    messages: each((message, type) => ({
      name: type,
      title: type,
      summary: comments[message.typeName],
      contentType: 'application/json',
      headers: {
        type: 'object',
        properties: { 'Nats-Msg-Id': { type: 'string', description: 'The id of the event: JetStream drops a second one.' } },
      },
      payload: cloudEvent(message, type),
    })),
    schemas: {
      CloudEvent: {
        type: 'object',
        required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'tenantuuid', 'data'],
        properties: {
          specversion: { const: '1.0' },
          id: { type: 'string', format: 'uuid' },
          source: { type: 'string', pattern: '^/tonegrid/[a-z-]+$', description: 'The service that it happened in.' },
          type: { type: 'string' },
          subject: { type: 'string', description: 'What it is about; events of one subject arrive in order.' },
          time: { type: 'string', format: 'date-time' },
          datacontenttype: { const: 'application/json' },
          tenantuuid: { type: 'string', format: 'uuid', description: 'The tenant that it belongs to.' },
          traceparent: { type: 'string', description: 'W3C trace context of the cause.' },
          data: { type: 'object' },
        },
      },
      ...each((message) => object(message)),
    },
  },
};

const file = resolve(process.argv[2] ?? join(root, 'docs/asyncapi.json'));
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
