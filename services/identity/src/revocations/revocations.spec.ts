import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Tx } from '@tonegrid/data';
import { waitFor } from '@tonegrid/testing';
import type { IdentityConfig } from '../config';
import { Revocations } from './revocations';

test('a NATS that no longer answers does not keep the service from stopping', async () => {
  let said = '';
  let client: Socket | undefined;
  // Takes the client in, and after that says nothing.
  const server = createServer((socket) => {
    client = socket;
    socket.write('INFO {"version":"2.9.0","max_payload":1048576,"headers":true}\r\n');
    socket.on('data', (bytes) => {
      if (said === '') socket.write('PONG\r\n');
      said += bytes.toString();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const revocations = new Revocations({ NATS_URL: `nats://127.0.0.1:${port}`, TONEGRID_ENV: 'sandbox' } as IdentityConfig);
    revocations.announce({ afterCommit: (work: () => void) => work() } as Tx, 'token', ['t1']);
    await waitFor(() => said.includes('PUB tonegrid.sandbox.auth.revoked'), { what: 'the revocation' });
    const began = Date.now();
    await revocations.beforeApplicationShutdown();
    expect(Date.now() - began).toBeLessThan(5_000);
  } finally {
    client?.destroy();
    server.close();
  }
});
