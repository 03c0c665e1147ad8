// Reads deploy/Dockerfile and .dockerignore as far as the tests need. A Docker engine is not needed, and not asked.
const { readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');

/** The instructions of a Dockerfile, continuation lines joined: `{ word, text, stage, flags }`. */
function instructions(text) {
  const joined = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n/g, ' ');
  let stage;
  return joined
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => {
      const [, word, rest] = /^(\S+)\s+(.*)$/.exec(line.trim());
      const flags = Object.fromEntries([...rest.matchAll(/--([a-z]+)=(\S+)/g)].map(([, name, value]) => [name, value]));
      const content = word === 'COPY' || word === 'ADD' ? rest.replace(/--\S+\s+/g, '') : rest;
      if (word === 'FROM') stage = /\bAS\s+(\S+)/i.exec(rest)?.[1];
      return { word, text: content.trim(), stage, flags };
    });
}

/** Tells whether .dockerignore leaves a path in: the last line that matches it or a folder above decides. */
function contextFilter(text) {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'));
  const rules = lines.map((line) => {
    const keep = line.startsWith('!');
    const pattern = (keep ? line.slice(1) : line)
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*\*\//g, '\u0000')
      .replace(/\*/g, '[^/]*')
      .replaceAll('\u0000', '(?:.*/)?');
    return { keep, expression: new RegExp(`^${pattern}(?:/.*)?$`) };
  });
  return (path) => rules.reduce((kept, { keep, expression }) => (expression.test(path) ? keep : kept), true);
}

const read = (path) => readFileSync(join(root, path), 'utf8');

module.exports = { root, read, instructions, contextFilter };
