import { create, createFileRegistry, setExtension, type DescService } from '@bufbuild/protobuf';
import {
  file_google_protobuf_descriptor,
  FileDescriptorProtoSchema,
  MethodOptionsSchema,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { access, AccessSchema, Family, http, RateClass, services, Transport } from '@tonegrid/contracts';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { contractRoutes } from './routes';

const good = { who: { case: 'authenticated', value: true }, rate: RateClass.GENERAL, family: Family.PLAIN } as const;

/** A service with one rpc, `Get(Request{uuid})`. */
function serviceWith(
  template: string,
  granted: MessageInitShape<typeof AccessSchema> | undefined,
  body = '',
  verb: 'get' | 'post' = 'get',
): DescService {
  const options = create(MethodOptionsSchema);
  setExtension(options, http, {
    $typeName: 'google.api.HttpRule',
    selector: '',
    body,
    responseBody: '',
    additionalBindings: [],
    pattern: { case: verb, value: template },
  } as never);
  if (granted) setExtension(options, access, create(AccessSchema, granted));
  const proto: FileDescriptorProto = create(FileDescriptorProtoSchema, {
    name: 'x.proto',
    package: 'x',
    syntax: 'proto3',
    messageType: [{ name: 'Request', field: [{ name: 'uuid', number: 1, type: 9, label: 1, jsonName: 'uuid' }] }, { name: 'Response' }],
    service: [{ name: 'S', method: [{ name: 'Get', inputType: '.x.Request', outputType: '.x.Response', options }] }],
  });
  return createFileRegistry(proto, (name) =>
    name.endsWith('descriptor.proto') ? file_google_protobuf_descriptor.proto : undefined,
  ).getService('x.S')!;
}

describe('the routes of the contract', () => {
  const routes = contractRoutes(services);

  it('are every rpc with a REST binding', () => {
    expect(routes.length).toBeGreaterThan(60);
    expect(routes.map(({ verb, template }) => `${verb} ${template}`)).toEqual(
      expect.arrayContaining(['GET /releases/{uuid}', 'POST /ingestion/json', 'GET /releases/{uuid}/ddex/preview/{dsp_slug}.xml']),
    );
  });

  it('know their path parameters and success', () => {
    expect(routes.find(({ method }) => method.name === 'DetachDsp')).toMatchObject({
      path: '/releases/:uuid/dsps/:slug',
      success: 204,
      notFound: 'release.not_found',
      parameters: [
        { name: 'uuid', uuid: true },
        { name: 'slug', uuid: false },
      ],
    });
    expect(routes.find(({ method }) => method.name === 'DownloadMessage')?.path).toBe(
      '/releases/:uuid/ddex/preview/:dsp_slug([A-Za-z0-9_-]+).xml',
    );
  });
});

describe('a gateway does not start with a route', () => {
  it.each([
    ['without an access option', '/a', undefined, '', /has a REST binding but no access option/],
    ['that does not say who may call', '/a', { ...good, who: undefined }, '', /does not say who may call/],
    ['with an empty scope', '/a', { ...good, who: { case: 'scope', value: '' } }, '', /scope is empty/],
    ['without a rate class', '/a', { ...good, rate: RateClass.UNSPECIFIED }, '', /no rate class/],
    ['without a family', '/a', { ...good, family: Family.UNSPECIFIED }, '', /no response family/],
    ['with an unknown error code', '/a', { ...good, errors: ['nope.nope'] }, '', /nope\.nope is not in the table/],
    ['whose path names no field', '/a/{id}', good, '', /path parameter id is not a text field/],
    ['whose body names no field', '/a', good, 'draft', /body draft is not a message field/],
    ['for uploads that is not client-streaming', '/a', { ...good, transport: Transport.MULTIPART }, '', /must be client-streaming/],
  ] as [string, string, MessageInitShape<typeof AccessSchema> | undefined, string, RegExp][])(
    '%s',
    (_what, template, granted, body, message) => {
      expect(() => contractRoutes({ x: serviceWith(template, granted, body) })).toThrow(message);
    },
  );

  it('that changes something and says neither what the audit log gets nor why it gets nothing, or both', () => {
    const started = (more: object) => () => contractRoutes({ x: serviceWith('/a', { ...good, ...more }, '', 'post') });
    expect(started({})).toThrow(/must say which action the audit log gets/);
    expect(started({ audit: 'a.done', notAudited: 'No reason.' })).toThrow(/must say which action the audit log gets/);
    expect(started({ audit: 'a.done' })).not.toThrow();
    expect(started({ notAudited: 'Changes nothing.' })).not.toThrow();
  });

  it('that is bound twice', () => {
    expect(() => contractRoutes({ x: serviceWith('/a/{uuid}', good), y: serviceWith('/a/{uuid}', good) })).toThrow(/both bound to GET/);
  });
});
