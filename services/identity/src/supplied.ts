import type { FieldMask } from '@bufbuild/protobuf/wkt';

/**
 * Tells which fields an update supplies, by their names in snake_case. The gateway names them in `update_mask`, null included; from a
 * caller without a mask, those that have a value.
 */
export function supplied(request: { updateMask?: FieldMask }): (field: string) => boolean {
  const { updateMask } = request;
  if (updateMask) {
    const names = new Set(updateMask.paths);
    return (field) => names.has(field);
  }
  return (field) => {
    const value = (request as Record<string, unknown>)[field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return value !== undefined && value !== 0 && !(Array.isArray(value) && value.length === 0);
  };
}
