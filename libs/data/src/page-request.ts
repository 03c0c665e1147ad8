import { invalid, type FieldErrors } from '@tonegrid/errors';
import { ruleMessage } from '@tonegrid/rpc';

/** The paging fields of a list request, as they came. */
export interface PageRequest {
  page?: number;
  perPage?: number;
  /** Alias of `perPage`. */
  limit?: number;
  /** Present, also when empty: cursor mode. */
  cursor?: string;
}

export interface PageSizes {
  /** Rows when nothing is asked: 50, 20 for the plain lists. */
  usual?: number;
  /** Most rows for `per_page`: 100, 500 for sales reports. */
  most?: number;
}

export interface PageSize {
  page: number;
  perPage: number;
}

/** Most rows for `limit`. */
const mostByLimit = 200;

/**
 * Page and size by the rules of the REST surface ("Lists"): above the cap is clamped, below 1 is a 422 on that field; `limit`
 * counts where `per_page` is not given. Throws `validation.failed`.
 */
export function pageSize(request: PageRequest, { usual = 50, most = 100 }: PageSizes = {}): PageSize {
  const fields: FieldErrors = {};
  const given = { page: request.page, per_page: request.perPage, limit: request.limit };
  for (const [field, value] of Object.entries(given)) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) fields[field] = [ruleMessage('min', field, { limit: 1 })];
  }
  if (Object.keys(fields).length > 0) throw invalid(fields);
  const byLimit = request.limit === undefined ? usual : Math.min(request.limit, Math.max(most, mostByLimit));
  return { page: request.page ?? 1, perPage: request.perPage === undefined ? byLimit : Math.min(request.perPage, most) };
}
