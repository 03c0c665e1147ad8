import { openStorage } from '../src';

// Run as a process of its own and killed: writes on and on, and says so once the first megabytes are on their way.
async function* endless() {
  for (let chunks = 0; ; chunks++) {
    yield Buffer.alloc(1024 * 1024, chunks);
    if (chunks === 20) process.stdout.write('writing\n');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
void openStorage(process.argv[2] ?? '', process.env).write('endless', endless(), { contentType: 'application/octet-stream' });
