import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Schema, SchemaFault, SchemaOutcome } from './judge';
import type { MessageStandard } from './message-kinds';
import { maxFindings } from './report';
import { xmldsigStandIn, xmldsigLocation } from './xmldsig-stand-in';

/** What is used of libxml2-wasm's low-level module: its public validator collects every error with its path, which is quadratic. */
interface LowLevel {
  addFunction(callback: (context: number, error: number) => void, signature: string): number;
  XmlErrorStruct: {
    message(error: number): string;
    level(error: number): number;
    line(error: number): number;
    node(error: number): number;
  };
  xmlGetNodePath(node: number): string | null;
  xmlSchemaNewValidCtxt(schema: number): number;
  xmlSchemaSetValidStructuredErrors(context: number, handler: number, data: number): void;
  xmlSchemaValidateDoc(context: number, document: number): number;
  xmlSchemaFreeValidCtxt(context: number): void;
}

type Library = typeof import('libxml2-wasm');

const levels = { 1: 'warning', 2: 'error', 3: 'fatal' } as const;
const levelOf = (level: number): SchemaFault['level'] => levels[level as 1 | 2 | 3] ?? 'error';

/**
 * Whether blanks between elements, nearly half of all nodes, may be left out. libxml2 would take those before a comment, a CDATA section or a
 * processing instruction for such too, in an element of text as well.
 */
const isPlain = (xml: Uint8Array): boolean => {
  const bytes = Buffer.from(xml.buffer, xml.byteOffset, xml.byteLength);
  return !bytes.includes('<!') && !bytes.includes('<?', 2);
};

/**
 * The compiled schemas of one worker. Nothing outside the schemas' folder is ever opened: not by an import of a schema, and
 * not by an `xsi:schemaLocation` of a document, because files are given out only while a schema is being compiled.
 */
export class SchemaShelf {
  private readonly compiled = new Map<string, Schema>();
  private compiling = false;
  private faults: SchemaFault[] = [];
  private count = 0;
  private readonly collect: number;

  private constructor(
    private readonly library: Library,
    private readonly low: LowLevel,
    private readonly folder: string | null,
  ) {
    this.collect = low.addFunction((_context, error) => this.take(error), 'vii');
    library.xmlRegisterInputProvider(this.provider());
  }

  static async open(folder: string | null): Promise<SchemaShelf> {
    const library = await import('libxml2-wasm');
    const low = (await import('libxml2-wasm/lib/libxml2.mjs')) as unknown as LowLevel;
    return new SchemaShelf(library, low, folder);
  }

  /** The schema of a standard, compiled at its first use. A missing or broken one is told, not thrown. */
  schemaOf(standard: MessageStandard): Schema {
    let schema = this.compiled.get(standard.schema);
    if (!schema) this.compiled.set(standard.schema, (schema = this.compile(standard)));
    return schema;
  }

  private compile(standard: MessageStandard): Schema {
    if (!this.folder) return { skipped: 'No DDEX schemas are installed' };
    const path = resolve(this.folder, standard.schema);
    if (!existsSync(path)) return { skipped: `The schema ${standard.schema} is not installed` };
    const bytes = readFileSync(path);
    this.compiling = true;
    let document;
    try {
      document = this.library.XmlDocument.fromBuffer(bytes, { url: path });
      const validator = this.library.XsdValidator.fromDoc(document);
      const pointer = (validator as unknown as { _ptr: number })._ptr;
      return { path, sha256: createHash('sha256').update(bytes).digest('hex'), validate: (xml) => this.validate(pointer, xml) };
    } catch (error) {
      return { skipped: `The schema ${standard.schema} cannot be used: ${(error as Error).message.trim().split('\n')[0]}` };
    } finally {
      this.compiling = false;
      document?.dispose();
    }
  }

  private validate(schema: number, xml: Uint8Array): SchemaOutcome {
    const { ParseOption, XmlDocument, XmlParseError } = this.library;
    let document;
    try {
      document = XmlDocument.fromBuffer(xml, {
        option:
          ParseOption.XML_PARSE_NO_XXE |
          ParseOption.XML_PARSE_NONET |
          ParseOption.XML_PARSE_COMPACT |
          ParseOption.XML_PARSE_BIG_LINES |
          (isPlain(xml) ? ParseOption.XML_PARSE_NOBLANKS : 0),
      });
    } catch (error) {
      if (!(error instanceof XmlParseError)) throw error;
      const faults = error.details.map((detail): SchemaFault => ({
        message: detail.message,
        level: levelOf(detail.level),
        line: detail.line,
        xpath: null,
        malformed: true,
      }));
      return { faults: faults.slice(0, maxFindings), count: faults.length };
    }
    const context = this.low.xmlSchemaNewValidCtxt(schema);
    this.faults = [];
    this.count = 0;
    try {
      this.low.xmlSchemaSetValidStructuredErrors(context, this.collect, 0);
      const result = this.low.xmlSchemaValidateDoc(context, (document as unknown as { _ptr: number })._ptr);
      if (result < 0) throw new Error('libxml2 failed to validate the document');
      return { faults: this.faults, count: this.count };
    } finally {
      this.low.xmlSchemaFreeValidCtxt(context);
      document.dispose();
    }
  }

  /** Keeps the first faults whole; of the others only their number, since each path costs a walk over all siblings. */
  private take(error: number): void {
    const { XmlErrorStruct } = this.low;
    this.count++;
    if (this.faults.length >= maxFindings) return;
    this.faults.push({
      message: XmlErrorStruct.message(error),
      level: levelOf(XmlErrorStruct.level(error)),
      line: XmlErrorStruct.line(error),
      xpath: this.low.xmlGetNodePath(XmlErrorStruct.node(error)),
    });
  }

  private provider(): Parameters<Library['xmlRegisterInputProvider']>[0] {
    const { openBuffer, readBuffer, closeBuffer } = this.library;
    return {
      match: () => true,
      open: (name) => {
        const bytes = this.compiling ? this.schemaFile(name) : null;
        return bytes ? openBuffer(bytes) : undefined;
      },
      read: readBuffer,
      close: (handle) => {
        closeBuffer(handle);
        return true;
      },
    };
  }

  private schemaFile(name: string): Uint8Array | null {
    const folder = this.folder!;
    if (name === xmldsigLocation) {
      const installed = join(folder, 'xmldsig', 'xmldsig-core-schema.xsd');
      return existsSync(installed) ? readFileSync(installed) : Buffer.from(xmldsigStandIn);
    }
    // DDEX's online editions may import by address: what is installed lies at the same path below the folder.
    const published = /^https?:\/\/(?:www\.|service\.)?ddex\.net\/xml\/(.+)$/.exec(name)?.[1];
    const path = published ? join(folder, published) : resolve(dirname(folder), name.replace(/^file:\/\//, ''));
    const inside = relative(folder, path);
    return inside !== '' && !inside.startsWith(`..${sep}`) && inside !== '..' && existsSync(path) ? readFileSync(path) : null;
  }
}
