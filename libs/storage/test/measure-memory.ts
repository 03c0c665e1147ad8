import { openStorage } from '../src';

// Run as a process of its own: writes `size` bytes and tells by how much the process grew from its 40th megabyte to its largest.
async function measure(url: string, size: number): Promise<void> {
  let settled = 0;
  let largest = 0;
  async function* bytes() {
    for (let sent = 0; sent < size; sent += 65_536) {
      yield Buffer.alloc(65_536, sent / 65_536);
      if (sent === 40 * 1024 * 1024) settled = process.memoryUsage.rss();
      if (sent % (1024 * 1024) === 0) largest = Math.max(largest, process.memoryUsage.rss());
    }
  }
  const started = process.memoryUsage.rss();
  const begun = performance.now();
  const written = await openStorage(url, process.env).write('large', bytes(), { contentType: 'application/octet-stream' });
  console.log(
    JSON.stringify({
      ...written,
      grownFromStart: largest - started,
      grownFromSettled: largest - settled,
      seconds: (performance.now() - begun) / 1000,
    }),
  );
}
void measure(process.argv[2] ?? '', Number(process.argv[3]));
