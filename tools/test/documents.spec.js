const { existsSync, readFileSync, readdirSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');

const root = resolve(__dirname, '../..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const markdown = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isFile() && entry.name.endsWith('.md') ? [join(folder, entry.name)] : [],
  );
const documents = ['.', 'docs/guides', 'docs/adr', 'helm', 'services/dsp-simulator'].flatMap(markdown);

/** GitHub's anchor of a heading. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
const anchorsOf = (text) => [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading));

describe('documents', () => {
  it('are there', () => {
    expect(documents).toEqual(
      expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'docs/guides/architecture.md']),
    );
  });

  it.each(documents)('%s: every link leads somewhere', (document) => {
    const text = read(document).replace(/^```[\s\S]*?^```/gm, '');
    const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]*)\)/g)].map(([, link]) => link);
    const dead = links.filter((link) => {
      const [path, fragment] = link.split('#');
      const target = path === '' ? document : join(dirname(document), path);
      if (!existsSync(join(root, target))) return true;
      return fragment !== undefined && !anchorsOf(read(target)).includes(fragment);
    });
    expect(dead).toEqual([]);
  });

  it.each(documents)('%s: every npm script and every command of bin/ exists', (document) => {
    const text = read(document);
    const scripts = [...text.matchAll(/\bnpm (?:run )?(start|test|(?<=run )[a-z-]+)/g)].map(([, name]) => name);
    const commands = [...text.matchAll(/(?<![\w/.])bin\/[a-z-]+(?:\.mjs)?(?![\w/])/g)].map(([path]) => path);
    expect(scripts.filter((name) => !(name in JSON.parse(read('package.json')).scripts))).toEqual([]);
    expect(commands.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('the decision records are numbered without a gap', () => {
    const numbers = readdirSync(join(root, 'docs/adr')).map((name) => Number(name.slice(0, 4)));
    expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, n) => n + 1));
  });
});
