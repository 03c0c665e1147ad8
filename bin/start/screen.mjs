const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

/** One line of the preparation: what, how it went and, when it took a while, how long. */
export const step = (what, word, milliseconds = 0) =>
  `  ${what.padEnd(14)}${word}${milliseconds >= 1000 ? `  (${seconds(milliseconds)})` : ''}\n`;

/** The table of parts: state, port, start-up time. */
export function table(rows) {
  const lines = [
    ['part', 'state', 'port', 'started in'],
    ...rows.map(({ name, state, port, startedIn }) => [name, state, port, startedIn === undefined ? '' : seconds(startedIn)]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      `  ${line
        .slice(0, 3)
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('   ')}   ${line[3]}`.trimEnd(),
    )
    .join('\n');
}

/** Everything that a newcomer needs after the start. */
export const welcome = ({ rows, took, url, schemas, recipe }) => `
${table(rows)}

  ToneGrid runs after ${seconds(took)}. API ${url}, documentation ${url}/docs
  ${schemas ? `DDEX schemas: ${schemas}` : 'DDEX schemas: none found, so the schema stage of validation is skipped (docs/guides or DDEX_SCHEMAS_DIR); all other checks run.'}
  Credentials are in .local/sandbox.env, logs in .local/logs/. Stop with Ctrl-C.

Try in another terminal, in this folder: bin/demo shows a release all the way to the DSPs. Or by hand:

${recipe}
`;
