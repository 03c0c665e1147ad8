import type { DspTarget } from './dsp-rule';
import { judge, type JudgeOptions } from './judge';
import { SchemaShelf } from './libxml2';
import type { Report } from './report';

/**
 * Judges in this thread: for a command line or a benchmark, where nothing else waits. Services use `createValidator`, which a
 * hostile document cannot hold up. Not for Jest, which cannot load ESM natively.
 */
export async function openInlineValidator(
  schemasDir: string | null,
  options: JudgeOptions = {},
): Promise<{ validate(document: Uint8Array | string, dsp?: DspTarget): Report }> {
  const shelf = await SchemaShelf.open(schemasDir);
  return {
    validate: (document, dsp) =>
      judge(typeof document === 'string' ? Buffer.from(document, 'utf8') : document, (standard) => shelf.schemaOf(standard), options, dsp),
  };
}
