import type { CodedValue } from './notification';

/** Namespace of everything that is ours: proprietary ids, user-defined values. */
export const namespace = 'tonegrid.pro';

/** What a role becomes in a message. `artistRole` makes the party a display artist too. */
export interface RoleTarget {
  role?: string;
  userDefined?: string;
  artistRole?: 'FeaturedArtist';
}

/** The 27 collaborator roles of the API and the roles of writers, against DDEX's ContributorRole (allowed-value sets, version 3). */
export const roleTargets: Readonly<Record<string, RoleTarget>> = {
  producer: { role: 'StudioProducer' },
  executive_producer: { role: 'ExecutiveProducer' },
  co_producer: { role: 'CoProducer' },
  vocal_producer: { role: 'VocalProducer' },
  mix_engineer: { role: 'MixingEngineer' },
  mastering_engineer: { role: 'MasteringEngineer' },
  recording_engineer: { role: 'RecordingEngineer' },
  assistant_engineer: { role: 'AssistantEngineer' },
  featured_artist: { role: 'Artist', artistRole: 'FeaturedArtist' },
  vocalist: { role: 'Vocalist' },
  background_vocalist: { role: 'BackgroundVocalist' },
  guest_artist: { role: 'Artist', artistRole: 'FeaturedArtist' },
  // The instrument itself goes into InstrumentType.
  instrumentalist: { role: 'Musician' },
  arranger: { role: 'Arranger' },
  conductor: { role: 'Conductor' },
  remixer: { role: 'Remixer' },
  orchestra: { role: 'Orchestra' },
  choir: { role: 'Choir' },
  programmer: { role: 'Programmer' },
  dj: { role: 'DJ' },
  sound_designer: { role: 'SoundDesigner' },
  a_and_r: { role: 'AAndRCoordinator' },
  liner_notes: { role: 'WriterOfAccompanyingMaterial' },
  photographer: { role: 'Photographer' },
  illustrator: { role: 'Illustrator' },
  styled_by: { userDefined: 'Stylist' },
  other: { userDefined: 'Other' },
  composer: { role: 'Composer' },
  lyricist: { role: 'Lyricist' },
  composer_lyricist: { role: 'ComposerLyricist' },
  adapter: { role: 'Adapter' },
  translator: { role: 'Translator' },
  sub_lyricist: { role: 'SubLyricist' },
  sub_arranger: { role: 'SubArranger' },
};

/** DDEX roles that callers may name themselves; any other word becomes a user-defined role, so that none breaks the schema. */
export const knownContributorRoles: ReadonlySet<string> = new Set(
  (
    'Adapter Arranger Author Composer ComposerLyricist Librettist Lyricist NonLyricAuthor SubArranger SubLyricist Translator ' +
    'MusicPublisher OriginalPublisher SubPublisher Accompanyist AdditionalEngineer AdditionalMixingEngineer AdditionalPerformer ' +
    'AdditionalProgrammingEngineer AdditionalStudioProducer AAndRAdministrator AAndRCoordinator Artist AssistantEngineer ' +
    'AssistantProducer AssociatedPerformer AssociateProducer BackgroundVocalist BandLeader Choir ChorusMaster ClubDJ ' +
    'CoExecutiveProducer CoMixer CompilationProducer ConcertMaster Conductor CoProducer DJ DigitalEditingEngineer Editor ' +
    'Engineer Ensemble ExecutiveProducer GraphicDesigner GroupMember Illustrator ImmersiveMixingEngineer LeadPerformer ' +
    'LeadVocalist MasteringEngineer Mixer MixingEngineer MusicArranger MusicDirector MusicGroup Musician Narrator Orchestra ' +
    'OverdubEngineer Performer Photographer PostProducer PrimaryMusician Programmer ProgrammingEngineer RecordingEngineer ' +
    'ReissueProducer RemixedArtist Remixer RemixingEngineer SecondEngineer Soloist SoundDesigner Speaker StudioMusician ' +
    'StudioPersonnel StudioProducer TrackingEngineer VocalArranger VocalEngineer Vocalist VocalProducer WriterOfAccompanyingMaterial'
  ).split(' '),
);

/** Everyday names of instruments against DDEX's InstrumentType; what is not here is sent as a user-defined instrument. */
export const instrumentTargets: Readonly<Record<string, string>> = {
  accordion: 'Accordion',
  'acoustic guitar': 'AcousticGuitar',
  'alto saxophone': 'AltoSaxophone',
  banjo: 'Banjo',
  'baritone saxophone': 'BaritoneSaxophone',
  bass: 'Bass',
  'bass guitar': 'ElectricBassGuitar',
  bassoon: 'Bassoon',
  bongos: 'Bongos',
  cajon: 'Cajon',
  cello: 'Cello',
  clarinet: 'Clarinet',
  congas: 'Congas',
  djembe: 'Djembe',
  'double bass': 'DoubleBass',
  'drum machine': 'DrumMachine',
  drums: 'DrumKit',
  'drum kit': 'DrumKit',
  'electric bass': 'ElectricBassGuitar',
  'electric guitar': 'ElectricGuitar',
  'electric piano': 'ElectricPiano',
  fiddle: 'Fiddle',
  glockenspiel: 'Glockenspiel',
  'grand piano': 'GrandPiano',
  guitar: 'Guitar',
  'hammond organ': 'HammondOrgan',
  harp: 'Harp',
  harpsichord: 'Harpsichord',
  kalimba: 'Kalimba',
  keyboard: 'Keyboard',
  keyboards: 'Keyboard',
  kora: 'Kora',
  lute: 'Lute',
  mandolin: 'Mandolin',
  marimba: 'Marimba',
  oud: 'Oud',
  organ: 'Organ',
  piano: 'Piano',
  rhodes: 'Rhodes',
  shekere: 'Shekere',
  sitar: 'Sitar',
  synth: 'Synthesizer',
  'synth bass': 'SynthBass',
  synthesizer: 'Synthesizer',
  tabla: 'Tabla',
  'talking drum': 'TalkingDrum',
  tambourine: 'Tambourine',
  timpani: 'Timpani',
  turntables: 'Turntable',
  ukulele: 'Ukulele',
  'upright bass': 'UprightBass',
  vibraphone: 'Vibraphone',
  viola: 'Viola',
  violin: 'Violin',
  voice: 'Voice',
  xylophone: 'Xylophone',
};

const userDefined = (value: string): CodedValue => ({ value: 'UserDefined', userDefined: { namespace, value } });

/** The ContributorRole of a role word, and the display role it also gives. */
export function roleFor(role: string, detail?: string | null): { role: CodedValue; artistRole?: 'FeaturedArtist' } {
  const word = role.trim();
  const target = Object.hasOwn(roleTargets, word.toLowerCase()) ? roleTargets[word.toLowerCase()]! : undefined;
  if (!target) return { role: knownContributorRoles.has(word) ? { value: word } : userDefined(word) };
  const coded = target.role ? { value: target.role } : userDefined(word.toLowerCase() === 'other' && detail ? detail : target.userDefined!);
  return target.artistRole ? { role: coded, artistRole: target.artistRole } : { role: coded };
}

/** The InstrumentType of an instrument's everyday name. */
export function instrumentFor(name: string): CodedValue {
  const key = name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
  return Object.hasOwn(instrumentTargets, key) ? { value: instrumentTargets[key]! } : userDefined(name.trim());
}
