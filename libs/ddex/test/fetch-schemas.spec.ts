import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNotification } from '../src/model/build-notification';
import { createValidator } from '../src/validate/validator';
import { writeNewRelease43 } from '../src/write/write-message';
import { describeWithSchemas, sampleRelease, schemasDir } from './fixtures';

const root = join(__dirname, '../../../..');
const folder = mkdtempSync(join(tmpdir(), 'fetch-schemas-'));
let server: Server;
let base: string;
/** What the server has, by path. */
let files: Map<string, string | Buffer>;
let asked: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!);
    const file = files.get(request.url!.replace(/^\/xml\//, ''));
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': 'application/xml' }).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/xml`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => void (asked = []));

const fetchSchemas = (to: string, ...args: string[]): Promise<{ status: number; out: string; err: string }> =>
  new Promise((resolve) =>
    execFile(join(root, 'bin/fetch-ddex-schemas'), ['--to', join(folder, to), '--base-url', base, ...args], (error, out, err) =>
      resolve({ status: error ? (error.code as unknown as number) : 0, out, err }),
    ),
  );

/** A schema of one element in the manner of DDEX's, which imports another. */
const schema = (namespace: string, imported: string) => `<?xml version="1.0"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:avs="http://ddex.net/xml/avs/avs" targetNamespace="${namespace}">
  <xs:import namespace="http://ddex.net/xml/avs/avs" schemaLocation="${imported}"/>
  <xs:import namespace="http://www.w3.org/2000/09/xmldsig#" schemaLocation="http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd"/>
  <xs:element name="NewReleaseMessage"><xs:complexType><xs:sequence><xs:element name="Kind" type="avs:Kind"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>`;
const values = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://ddex.net/xml/avs/avs">
  <xs:simpleType name="Kind"><xs:restriction base="xs:string"><xs:enumeration value="Album"/></xs:restriction></xs:simpleType>
</xs:schema>`;
const namespace = 'http://ddex.net/xml/ern/43';

describe('fetching DDEX’s schemas', () => {
  it.each([
    ['beside it', 'avs.xsd', 'ern/43/avs.xsd'],
    ['in another folder', '../../avs/avs.xsd', 'avs/avs.xsd'],
    ['at an address', 'http://ddex.net/xml/avs/avs.xsd', 'avs/avs.xsd'],
  ])('follows imports %s, and what it installs is used as it is', async (_where, location, path) => {
    const to = `imports-${path.length}-${location.length}`;
    files = new Map([
      ['ern/43/release-notification.xsd', schema(namespace, location)],
      [path, values],
    ]);
    const { status, out, err } = await fetchSchemas(to, '--accept-licence', '--any-edition', '--only', '4.3');
    expect([status, out]).toEqual([0, `4.3: ern/43/release-notification.xsd, ${path}\n2 files are in ${join(folder, to)}.\n`]);
    expect(err).toContain('is another edition');
    expect(readFileSync(join(folder, to, path), 'utf8')).toBe(values);
    const validator = createValidator({ schemasDir: join(folder, to) });
    const judged = await validator.validate(`<ern:NewReleaseMessage xmlns:ern="${namespace}"><Kind>Albun</Kind></ern:NewReleaseMessage>`);
    await validator.close();
    expect(judged.schema_checked).toBe(true);
    expect(judged.errors[0]).toMatchObject({ stage: 'schema', code: 'schema.value_not_allowed' });
  });

  it('asks for the licence first, and fetches nothing without it', async () => {
    const { status, err } = await fetchSchemas('none');
    expect([status, asked, existsSync(join(folder, 'none'))]).toEqual([2, [], false]);
    expect(err).toContain('licence');
  });

  it.each<[string, Map<string, string>, string, string[]]>([
    ['what is not there', new Map(), 'answers 404', []],
    ['a page in place of a schema', new Map([['ern/43/release-notification.xsd', '<html/>']]), 'is no schema', []],
    [
      'the schema of something else',
      new Map([['ern/43/release-notification.xsd', schema('http://ddex.net/xml/ern/42', 'avs.xsd')]]),
      'describes http://ddex.net/xml/ern/42, not http://ddex.net/xml/ern/43',
      [],
    ],
    [
      'an edition that it does not know',
      new Map([
        ['ern/43/release-notification.xsd', schema(namespace, 'avs.xsd')],
        ['ern/43/avs.xsd', values],
      ]),
      'is another edition',
      [],
    ],
    [
      'imports from outside of the published folder',
      new Map([['ern/43/release-notification.xsd', schema(namespace, '../../../etc/passwd')]]),
      'outside of the published folder',
      ['--any-edition'],
    ],
  ])('refuses %s, and leaves what is installed alone', async (_what, there, reason, args) => {
    files = there;
    const { status, err } = await fetchSchemas('refused', '--accept-licence', '--only', '4.3', ...args);
    expect(status).toBe(1);
    expect(err).toContain(reason);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('says which versions it knows', async () => {
    expect(await fetchSchemas('none', '--accept-licence', '--only', '4.9')).toMatchObject({
      status: 2,
      err: expect.stringContaining('3.8.2, 3.8.3, 4.2, 4.3, 4.3.2'),
    });
  });
});

describeWithSchemas('with DDEX’s own files served as DDEX serves them', () => {
  it('all of them are of the known edition, and judge messages where they were installed', async () => {
    const below = (part: string) =>
      readdirSync(join(schemasDir!, part), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.xsd'))
        .map((entry) => join(entry.parentPath, entry.name));
    files = new Map([...below('ern'), ...below('ern-c-sftp')].map((path) => [path.slice(schemasDir!.length + 1), readFileSync(path)]));
    const { status, out, err } = await fetchSchemas('all', '--accept-licence');
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain(`12 files are in ${join(folder, 'all')}.`);
    const validator = createValidator({ schemasDir: join(folder, 'all') });
    const report = await validator.validate(writeNewRelease43(buildNotification(sampleRelease()).notification));
    await validator.close();
    expect(report).toMatchObject({ valid: true, schema_checked: true, xsd_path: join(folder, 'all/ern/43/release-notification.xsd') });
  });
});
