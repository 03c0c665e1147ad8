import { readFileSync } from 'node:fs';
import { instrumentFor, instrumentTargets, knownContributorRoles, roleFor, roleTargets } from '../src/model/roles';
import { languageCode } from '../src/model/texts';
import { supplyChainStatuses, fileStatuses } from '../src/choreography/acknowledgement';
import { describeWithSchemas, schemaFile } from './fixtures';

const collaboratorRoles =
  'producer, executive_producer, co_producer, vocal_producer, mix_engineer, mastering_engineer, recording_engineer, assistant_engineer, featured_artist, vocalist, background_vocalist, guest_artist, instrumentalist, arranger, conductor, remixer, orchestra, choir, programmer, dj, sound_designer, a_and_r, liner_notes, photographer, illustrator, styled_by, other'.split(
    ', ',
  );

function allowed(file: string, set: string): Set<string> {
  const text = readFileSync(file, 'utf8');
  const start = text.indexOf(`<xs:simpleType name="${set}">`);
  const type = text.slice(start, text.indexOf('</xs:simpleType>', start));
  return new Set([...type.matchAll(/<xs:enumeration value="([^"]+)"/g)].map((match) => match[1]!));
}

describe('roles', () => {
  it('all 27 collaborator roles have a target', () => {
    expect(collaboratorRoles).toHaveLength(27);
    for (const role of collaboratorRoles) expect(Object.hasOwn(roleTargets, role)).toBe(true);
  });

  it('a role of DDEX stands as it is; any other word, and one of Object’s own, becomes user-defined', () => {
    expect(roleFor('Composer').role).toEqual({ value: 'Composer' });
    for (const word of ['Whistler', 'constructor', '__proto__']) {
      expect(roleFor(word).role).toEqual({ value: 'UserDefined', userDefined: { namespace: 'tonegrid.pro', value: word } });
      expect(instrumentFor(word).value).toBe('UserDefined');
    }
    expect(instrumentFor('Talking_Drum')).toEqual({ value: 'TalkingDrum' });
  });
});

describe('language codes', () => {
  it.each([
    ['en', 'en'],
    ['zh-CN', 'zh-CN'],
    ['zh-Hans-CN', 'zh-Hans-CN'],
    ['es-419', 'es-419'],
    ['pt_BR', 'pt-BR'],
    ['de-1996', 'de'],
    ['sr-Latn-RS-ekavsk-x-y', 'sr-Latn-RS-ekavsk'],
    ['1', null],
    ['', null],
  ])('%s is sent as %s', (tag, code) => expect(languageCode(tag)).toBe(code));
});

describeWithSchemas('targets are in the allowed-value sets', () => {
  const avs = schemaFile('ern', '43', 'allowed-value-sets.xsd');

  it('of roles', () => {
    const roles = allowed(avs, 'ContributorRole');
    expect(roles.size).toBeGreaterThan(300);
    for (const { role } of Object.values(roleTargets)) if (role) expect(roles).toContain(role);
    for (const role of knownContributorRoles) expect(roles).toContain(role);
  });

  it('of instruments', () => {
    const instruments = allowed(avs, 'InstrumentType');
    for (const instrument of Object.values(instrumentTargets)) expect(instruments).toContain(instrument);
  });

  it('of statuses', () => {
    expect(new Set([...fileStatuses, 'UserDefined'])).toEqual(allowed(schemaFile('ern-c-sftp', '16', 'avs.xsd'), 'ErncFileStatus'));
    expect(new Set([...supplyChainStatuses, 'UserDefined'])).toEqual(allowed(avs, 'SupplyChainStatus'));
  });
});
