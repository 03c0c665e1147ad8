import { getOption, hasOption, ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import { comments, Format, omit_when_unset as omitOption, rule as ruleOption, words, type Rule } from '@tonegrid/contracts';

/** A JSON Schema (2020-12), as OpenAPI 3.1 uses it. */
export type Schema = Record<string, unknown>;

const forms: Partial<Record<Format, Schema>> = {
  [Format.DATE]: { format: 'date' },
  [Format.UUID]: { format: 'uuid' },
  [Format.URL]: { format: 'uri' },
  [Format.EMAIL]: { format: 'email' },
  [Format.COUNTRY]: { pattern: '^[A-Z]{2}$' },
  [Format.LANGUAGE]: { pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' },
  [Format.DPID]: { pattern: '^PA-?DPIDA-?\\d{10}-?[0-9A-Z]$' },
  [Format.MD5]: { pattern: '^[0-9A-Fa-f]{32}$' },
};

/** Gathers the schemas of messages under their names, each once. */
export class Schemas {
  readonly components: Record<string, Schema> = {};
  private readonly owners = new Map<string, DescMessage>();

  /** Reference to the schema of what the platform answers. */
  output(desc: DescMessage): Schema {
    return this.reference(desc, desc.name === 'Data' ? `${desc.parent?.name ?? ''}Data` : desc.name, () => this.outputObject(desc));
  }

  /** The object that the platform answers: every documented field is there, null when unknown. */
  outputObject(desc: DescMessage): Schema {
    const required = desc.fields.filter((field) => !omitted(field)).map(({ name }) => name);
    return this.object(desc, desc.fields, required, (field) => this.outputField(field));
  }

  /**
   * Reference to the schema of what a caller sends.
   * @param without fields that stand in the path, and what the engine fills
   */
  input(desc: DescMessage, without: ReadonlySet<string> = new Set()): Schema {
    const name = desc.name.endsWith('Request') ? desc.name : `${desc.name}Input`;
    return this.reference(desc, name, () => {
      const fields = desc.fields.filter((field) => !without.has(field.name) && field.name !== 'update_mask');
      const required = fields.filter((field) => ruleOf(field)?.required).map((field) => field.name);
      return { ...this.object(desc, fields, required, (field) => this.inputField(field)), additionalProperties: false };
    });
  }

  /** The schema of one query or path parameter. */
  parameter(field: DescField): Schema {
    return ruled(field, this.inputValue(field));
  }

  private reference(desc: DescMessage, name: string, make: () => Schema): Schema {
    const owner = this.owners.get(name);
    if (owner && owner !== desc) throw new Error(`${owner.typeName} and ${desc.typeName} would both be documented as ${name}`);
    if (!owner) {
      this.owners.set(name, desc);
      this.components[name] = {};
      this.components[name] = make();
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  private object(desc: DescMessage, fields: DescField[], required: string[], schemaOf: (field: DescField) => Schema): Schema {
    const description = commentOf(desc.typeName);
    return {
      type: 'object',
      ...(description && { description }),
      ...(required.length > 0 && { required }),
      properties: Object.fromEntries(fields.map((field) => [field.name, described(field, schemaOf(field))])),
    };
  }

  private outputField(field: DescField): Schema {
    const schema = this.value(field, (desc) => this.output(desc));
    const unknown = field.fieldKind === 'message' || field.presence === FeatureSet_FieldPresence.EXPLICIT;
    return unknown && !omitted(field) ? nullable(schema) : schema;
  }

  private inputField(field: DescField): Schema {
    const schema = ruled(field, this.inputValue(field));
    return ruleOf(field)?.required ? schema : nullable(schema);
  }

  private inputValue(field: DescField): Schema {
    return this.value(field, (desc) => this.input(desc));
  }

  private value(field: DescField, reference: (desc: DescMessage) => Schema): Schema {
    const item = field.message ? messageSchema(field.message, reference) : field.enum ? enumSchema(field.enum) : scalarSchema(field.scalar);
    if (field.fieldKind === 'list') return { type: 'array', items: item };
    if (field.fieldKind === 'map') return { type: 'object', additionalProperties: item };
    return item;
  }
}

/** The comment of a name in the contract; undefined when it has none. */
export const commentOf = (name: string): string | undefined => comments[name];

const ruleOf = (field: DescField): Rule | undefined => (hasOption(field, ruleOption) ? getOption(field, ruleOption) : undefined);
const omitted = (field: DescField): boolean => hasOption(field, omitOption) && getOption(field, omitOption);

const messageSchema = (desc: DescMessage, reference: (desc: DescMessage) => Schema): Schema =>
  desc.typeName === 'google.protobuf.Timestamp' ? { type: 'string', format: 'date-time' } : reference(desc);

const enumSchema = (desc: DescEnum): Schema => ({ type: 'string', enum: words(desc).all });

function scalarSchema(type: ScalarType): Schema {
  switch (type) {
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return { type: 'number' };
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return { type: 'integer', format: 'int64' };
    default:
      return { type: 'integer', format: 'int32' };
  }
}

function nullable(schema: Schema): Schema {
  if (typeof schema['type'] !== 'string') return { anyOf: [schema, { type: 'null' }] };
  return {
    ...schema,
    type: [schema['type'], 'null'],
    ...(Array.isArray(schema['enum']) && { enum: [...(schema['enum'] as unknown[]), null] }),
  };
}

function described(field: DescField, schema: Schema): Schema {
  const description = commentOf(`${field.parent.typeName}.${field.name}`);
  return description ? { description, ...schema } : schema;
}

/** A schema with the rule of its field: what applies to a text or number applies to each item of a list. */
function ruled(field: DescField, schema: Schema): Schema {
  const rule = ruleOf(field);
  if (!rule) return schema;
  const example = rule.example === '' ? {} : { examples: [JSON.parse(rule.example) as unknown] };
  if (field.fieldKind === 'list') {
    const item = { ...(schema['items'] as Schema), ...valueRule(rule) };
    const list = {
      ...schema,
      items: item,
      ...(rule.minItems > 0 && { minItems: rule.minItems }),
      ...(rule.maxItems > 0 && { maxItems: rule.maxItems }),
    };
    return { ...(rule.single ? { anyOf: [list, item] } : list), ...example };
  }
  if (field.fieldKind === 'map') {
    const entry = { ...(schema['additionalProperties'] as Schema), ...valueRule(rule) };
    return { ...schema, additionalProperties: entry, ...(rule.maxItems > 0 && { maxProperties: rule.maxItems }), ...example };
  }
  // A required text must not be blank either.
  const blank = rule.required && field.scalar === ScalarType.STRING && rule.minLength === 0 ? { minLength: 1 } : {};
  return { ...schema, ...blank, ...valueRule(rule), ...example };
}

const valueRule = (rule: Rule): Schema => ({
  ...(rule.minLength > 0 && { minLength: rule.minLength }),
  ...(rule.maxLength > 0 && { maxLength: rule.maxLength }),
  ...forms[rule.format],
  ...(rule.min !== undefined && { minimum: rule.min }),
  ...(rule.max !== undefined && { maximum: rule.max }),
});
