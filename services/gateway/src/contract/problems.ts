import type { FieldErrors } from '@tonegrid/errors';
import { ruleMessage, type RuleName } from '@tonegrid/rpc';

/** Most findings that one answer tells; a body made of mistakes must not make an answer of the same size. */
const most = 100;
const longestPath = 200;

/** What is wrong with a request, collected field by field so that one answer tells all of it. */
export class Problems {
  private readonly found: FieldErrors = Object.create(null) as FieldErrors;
  private count = 0;

  /** @param path field path with dots and indices, `tracks.1.isrc` */
  add(path: string, rule: RuleName, params?: Record<string, string | number>): void {
    const field = path.length > longestPath ? `${path.slice(0, longestPath)}…` : path;
    this.tell(field, ruleMessage(rule, field, params));
  }

  /**
   * Takes over the findings of the field rules, but for those below a field that could not be read: they are only its echo.
   * @param prefix left out of the paths: the request field that is the body
   */
  merge(rules: FieldErrors | undefined, prefix = ''): void {
    if (!rules) return;
    for (const [whole, messages] of Object.entries(rules)) {
      const path = prefix !== '' && whole.startsWith(`${prefix}.`) ? whole.slice(prefix.length + 1) : whole;
      if (this.covers(path)) continue;
      for (const message of messages) this.tell(path, path === whole ? message : message.replace(whole, path));
    }
  }

  /** The findings, or undefined when there are none. */
  errors(): FieldErrors | undefined {
    return this.count === 0 ? undefined : this.found;
  }

  private tell(field: string, message: string): void {
    if (this.count >= most) return;
    this.count += 1;
    (this.found[field] ??= []).push(message);
  }

  private covers(path: string): boolean {
    for (let at = path; ; at = at.slice(0, at.lastIndexOf('.'))) {
      if (this.found[at] !== undefined) return true;
      if (!at.includes('.')) return false;
    }
  }
}
