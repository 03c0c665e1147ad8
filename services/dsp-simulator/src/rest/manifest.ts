import { z } from 'zod';

const safePath = z
  .string()
  .min(1)
  .max(500)
  .refine(
    (path) =>
      !path.includes('\0') &&
      !path.includes('\\') &&
      path.split('/').every((part) => part !== '' && !part.startsWith('.') && part.length <= 200),
    'is no relative path',
  );
const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`), `is not ${digits} hexadecimal digits`);

const manifestSchema = z.object({
  message_id: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z._-]{0,119}$/, 'cannot be a message id'),
  thread_id: z.string().max(200).nullish(),
  message_type: z.string().max(60),
  ern_version: z.string().max(20),
  recipient: z.string().max(60),
  release_id: z.string().min(1).max(120),
  files: z
    .array(z.object({ path: safePath, md5: hex(32), sha256: hex(64).nullish(), size: z.number().int().nonnegative() }))
    .min(1)
    .max(2000)
    .refine((files) => new Set(files.map(({ path }) => path)).size === files.length, 'lists a path twice'),
});

/** The manifest part of a REST delivery: the message is the first of its files. */
export type RestManifest = z.infer<typeof manifestSchema>;

/** Reads a manifest, or says what is wrong with it. */
export function readRestManifest(bytes: Buffer): RestManifest | { problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { problem: 'The manifest is not JSON' };
  }
  const read = manifestSchema.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    return { problem: `The manifest is wrong: ${issue!.path.join('.') || 'it'}: ${issue!.message}` };
  }
  if (read.data.files[0]!.path.includes('/')) return { problem: 'The manifest is wrong: files.0.path: the message lies in no folder' };
  return read.data;
}
