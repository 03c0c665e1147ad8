import { explainSchemaFault } from './schema-hints';

describe('a complaint of the schema is explained', () => {
  it.each([
    [
      "Element 'BitRate', attribute 'UnitOfMeasure': [facet 'enumeration'] The value 'Kbps' is not an element of the set {'bps', 'Gbps', 'kbps', 'Mbps'}.",
      'schema.value_not_allowed',
      'Write kbps: capitals and small letters count.',
    ],
    [
      "Element 'UseType': [facet 'enumeration'] The value 'Rent' is not an element of the set {'Download', 'Stream'}.",
      'schema.value_not_allowed',
      'UseType takes only values of a fixed list: Download, Stream.',
    ],
    [
      "Element 'Foo': This element is not expected. Expected is one of ( PartyId, PartyName ).",
      'schema.element_unexpected',
      'Foo cannot stand here: it is in the wrong place or misspelt, or something before it is missing. Here the standard has PartyId, PartyName.',
    ],
    [
      "Element 'Foo': This element is not expected.",
      'schema.element_unexpected',
      'Foo cannot stand here: it is one too many, in the wrong place or misspelt.',
    ],
    [
      "Element 'Party': Missing child element(s). Expected is one of ( PartyId, PartyName ).",
      'schema.element_missing',
      'Party is incomplete: PartyId, PartyName must be in it.',
    ],
    [
      "Element '{http://ddex.net/xml/ern/43}NewReleaseMessage': The attribute 'AvsVersionId' is required but missing.",
      'schema.attribute_missing',
      'NewReleaseMessage must say its AvsVersionId.',
    ],
    [
      "Element 'Party', attribute 'x': The attribute 'x' is not allowed.",
      'schema.attribute_unexpected',
      'Take x off Party: the standard has no such attribute there.',
    ],
    [
      "Element 'ISRC': [facet 'pattern'] The value 'US-RC1-23-45678' is not accepted by the pattern '[a-zA-Z]{2}[a-zA-Z0-9]{3}[0-9]{7}'.",
      'schema.value_form',
      'An ISRC is two letters, three letters or digits and seven digits, without hyphens: QZK6F2500001.',
    ],
    [
      "Element 'MessageCreatedDateTime': 'yesterday' is not a valid value of the atomic type 'xs:dateTime'.",
      'schema.value_type',
      'A time is written as 2026-06-17T00:00:00, with an offset only where it means one instant everywhere.',
    ],
    [
      "Element 'Party': Character content other than whitespace is not allowed because the content type is 'element-only'.",
      'schema.text_unexpected',
      'Party holds other elements and no text of its own.',
    ],
    [
      "Element 'a': No matching global declaration available for the validation root.",
      'schema.unknown_message',
      'a is no message of this version of the standard: look at the first element of the file.',
    ],
    ['Something new in libxml2.', 'schema.invalid', 'The message is not as the standard describes it.'],
  ])('%s', (message, code, hint) => expect(explainSchemaFault(message)).toEqual({ code, hint }));
});
