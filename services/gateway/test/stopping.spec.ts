import { Agent, request } from 'node:http';
import { CatalogService } from '@tonegrid/contracts';
import { RunningGateway } from './played/gateway';

const path = '/api/releases/01890000-0000-7000-8000-00000000000a';

describe('a gateway that is stopped under load', () => {
  it('answers every request that comes on a connection it has, and tells each sender to go elsewhere', async () => {
    const gateway = await RunningGateway.start({ RATE_LIMIT_GENERAL: 0 });
    gateway.played.plays(CatalogService.method.getRelease, async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      return { release: { title: 'x'.repeat(5_000) } };
    });
    const counts = { answered: 0, incomplete: 0, failed: [] as string[], movedOn: 0 };

    /** A load balancer's connection: kept alive until it is told to close; new ones go to a gateway that is ready. */
    const sendUntilToldToClose = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let told = false; !told;) {
        told = await new Promise<boolean>((resolve) => {
          const sent = request(
            { host: '127.0.0.1', port: gateway.port, path, agent, headers: { authorization: 'Bearer tgk_every_scope' } },
            (response) => {
              response.resume().on('close', () => {
                if (response.statusCode === 200 && response.complete) counts.answered += 1;
                else counts.incomplete += 1;
                resolve(response.headers.connection === 'close');
              });
            },
          );
          sent.on('error', (error: NodeJS.ErrnoException) => {
            counts.failed.push(error.code ?? error.message);
            resolve(true);
          });
          sent.end();
        });
      }
      counts.movedOn += 1;
      agent.destroy();
    };
    const senders = Array.from({ length: 32 }, sendUntilToldToClose);
    for (const until = Date.now() + 20_000; Date.now() < until && counts.answered < 300;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(counts.movedOn).toBe(0);
    await gateway.stop();
    await Promise.all(senders);
    expect(counts).toMatchObject({ incomplete: 0, failed: [], movedOn: 32 });
  });

  it('finishes an answer that takes long, and takes no new connections meanwhile', async () => {
    const gateway = await RunningGateway.start();
    gateway.played.plays(CatalogService.method.getRelease, async () => {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      return {};
    });
    const answer = gateway.sendRaw('GET', path, { as: 'tgk_every_scope' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stopped = gateway.stop();
    await new Promise((resolve) => setTimeout(resolve, 1_800));
    await expect(gateway.sendRaw('GET', path)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await answer).status).toBe(200);
    await stopped;
  });

  it('does not wait for a connection that only sits there', async () => {
    const gateway = await RunningGateway.start();
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve) =>
      request({ host: '127.0.0.1', port: gateway.port, path: '/api/errors', agent }, (response) =>
        response.resume().on('end', resolve),
      ).end(),
    );
    const began = Date.now();
    await gateway.stop();
    expect(Date.now() - began).toBeLessThan(20_000);
    agent.destroy();
  });
});
