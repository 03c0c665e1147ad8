import { getOption, hasOption, isMessage, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { Format, rule as ruleOption, type Rule } from '@tonegrid/contracts';
import type { FieldErrors } from '@tonegrid/errors';
import { ruleMessage, type RuleName } from './rule-messages';

type Report = (path: string, rule: RuleName, params?: Record<string, string | number>) => void;
type Check = (message: Record<string, unknown>, path: string, masked: ReadonlySet<string> | undefined, report: Report) => void;

const compiled = new WeakMap<DescMessage, Check[]>();

/**
 * What is wrong with a message by the rules of its fields (`(tonegrid.options.v1.rule)`), nested messages included.
 * Undefined when nothing is. The checks are compiled once per message type.
 */
export function checkRules(desc: DescMessage, message: Message): FieldErrors | undefined {
  let errors: FieldErrors | undefined;
  run(desc, message, '', (path, rule, params) => {
    errors ??= {};
    (errors[path] ??= []).push(ruleMessage(rule, path, params));
  });
  return errors;
}

function run(desc: DescMessage, message: Record<string, unknown>, path: string, report: Report): void {
  let checks = compiled.get(desc);
  if (!checks) compiled.set(desc, (checks = desc.fields.flatMap(compile)));
  const mask = message['updateMask'];
  const masked = isMessage(mask) ? new Set((mask as unknown as { paths: string[] }).paths) : undefined;
  for (const check of checks) check(message, path, masked, report);
}

function compile(field: DescField): Check[] {
  const rule = hasOption(field, ruleOption) ? getOption(field, ruleOption) : undefined;
  const nested =
    field.message !== undefined && !field.message.typeName.startsWith('google.protobuf.') && field.fieldKind !== 'map'
      ? field.message
      : undefined;
  if (!rule && !nested && field.scalar !== 9 && !(field.fieldKind === 'map')) return [];
  const at = (path: string) => (path === '' ? field.name : `${path}.${field.name}`);
  const valueOf = (message: Record<string, unknown>): unknown => {
    if (field.oneof) {
      const chosen = message[field.oneof.localName] as { case?: string; value?: unknown } | undefined;
      if (chosen && 'case' in chosen) return chosen.case === field.localName ? chosen.value : undefined;
    }
    return message[field.localName];
  };
  return [
    (message, path, masked, report) => {
      const value = valueOf(message);
      if (isAbsent(field, value)) {
        if (rule?.required || (rule && rule.minLength > 0 && masked?.has(field.name))) report(at(path), 'required');
        return;
      }
      if (field.fieldKind === 'list') checkList(rule, nested, value as unknown[], at(path), report);
      else if (field.fieldKind === 'map') checkMap(rule, value as Record<string, unknown>, at(path), report);
      else if (nested) run(nested, value as Record<string, unknown>, at(path), report);
      else checkScalar(rule, value, at(path), report);
    },
  ];
}

function isAbsent(field: DescField, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  switch (field.fieldKind) {
    case 'list':
      return (value as unknown[]).length === 0;
    case 'map':
      return Object.keys(value).length === 0;
    case 'enum':
      return value === 0;
    case 'scalar':
      return typeof value === 'string' && field.presence !== 1 && value.trim() === '';
    default:
      return false;
  }
}

function checkList(rule: Rule | undefined, nested: DescMessage | undefined, items: unknown[], path: string, report: Report): void {
  if (rule && rule.minItems > items.length) report(path, 'min_items', { limit: rule.minItems });
  if (rule && rule.maxItems > 0 && items.length > rule.maxItems) return report(path, 'max_items', { limit: rule.maxItems });
  items.forEach((item, index) => {
    if (nested) run(nested, item as Record<string, unknown>, `${path}.${index}`, report);
    else checkScalar(rule, item, `${path}.${index}`, report);
  });
}

function checkMap(rule: Rule | undefined, entries: Record<string, unknown>, path: string, report: Report): void {
  const keys = Object.keys(entries);
  if (rule && rule.maxItems > 0 && keys.length > rule.maxItems) return report(path, 'max_items', { limit: rule.maxItems });
  for (const key of keys) checkScalar(rule, entries[key], `${path}.${key}`, report);
}

function checkScalar(rule: Rule | undefined, value: unknown, path: string, report: Report): void {
  if (typeof value === 'string') {
    // Neither PostgreSQL's text nor XML 1.0 can hold NUL; lone surrogates cannot be written as UTF-8.
    if (value.includes('\0') || !value.isWellFormed()) return report(path, 'characters');
    if (!rule) return;
    const length = value.length <= rule.maxLength ? value.length : [...value].length;
    if (rule.minLength > 0 && value.trim().length < rule.minLength) return report(path, 'min_length', { limit: rule.minLength });
    if (rule.maxLength > 0 && length > rule.maxLength) return report(path, 'max_length', { limit: rule.maxLength });
    const form = forms[rule.format];
    if (form && value !== '' && !form.test(value)) report(path, form.rule);
    return;
  }
  if (rule && (typeof value === 'number' || typeof value === 'bigint')) {
    if (rule.min !== undefined && Number(value) < rule.min) report(path, 'min', { limit: rule.min });
    if (rule.max !== undefined && Number(value) > rule.max) report(path, 'max', { limit: rule.max });
  }
}

const matches = (pattern: RegExp) => (text: string) => pattern.test(text);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID in its canonical form. */
export const isUuid = matches(uuid);

/** A calendar date `YYYY-MM-DD` that exists, as UTC midnight; undefined for anything else. */
export function parseDate(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const date = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text ? undefined : date;
}

function isUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '' && !/\s/.test(text);
}

function isLanguage(text: string): boolean {
  try {
    return /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(text) && new Intl.Locale(text).baseName !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const forms: Partial<Record<Format, { rule: RuleName; test: (text: string) => boolean }>> = {
  [Format.DATE]: { rule: 'date', test: (text) => parseDate(text) !== undefined },
  [Format.UUID]: { rule: 'uuid', test: isUuid },
  [Format.URL]: { rule: 'url', test: isUrl },
  [Format.COUNTRY]: { rule: 'country', test: matches(/^[A-Z]{2}$/) },
  [Format.LANGUAGE]: { rule: 'language', test: isLanguage },
  [Format.EMAIL]: { rule: 'email', test: matches(/^[^\s@]+@[^\s@]+\.[^\s@]+$/) },
  [Format.DPID]: { rule: 'dpid', test: matches(/^PA-?DPIDA-?\d{10}-?[0-9A-Z]$/) },
  [Format.MD5]: { rule: 'md5', test: matches(/^[0-9a-f]{32}$/i) },
};
