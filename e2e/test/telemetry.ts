import { readMetrics, waitFor, type CollectedSpan, type Collector, type Metrics } from '@tonegrid/testing';
import { serviceNames, type Api, type Platform } from '../src';

/** What the telemetry of a release's trip is looked at with. */
export interface Told {
  platform: Platform;
  api: Api;
  collector: Collector;
  release: string;
}

const rpc = (service: string, method: string) => `tonegrid.${service}.v1.${service[0]!.toUpperCase()}${service.slice(1)}Service/${method}`;

/** Tests of what the platform tells of a trip that was taken: traces, logs, metrics. Part of the suite that has taken it. */
export function describeTelemetry(told: () => Told): void {
  describe('telemetry of the trip', () => {
    const spans = () => told().collector.spans;
    /** Waits for a span; what it is called and whose it is stand in the error. */
    const spanOf = (traceId: string, service: string, name: string, kind: string): Promise<CollectedSpan> =>
      waitFor(
        () => spans().find((span) => span.traceId === traceId && span.service === service && span.name === name && span.kind === kind),
        {
          timeout: 30_000,
          what: `${kind} span "${name}" of ${service} in trace ${traceId}`,
        },
      );
    /** The span of the first request of the trip to a route. */
    const rootOf = (route: string): Promise<CollectedSpan> =>
      waitFor(() => spans().find(({ service, name }) => service === 'gateway' && name === route), {
        timeout: 30_000,
        what: `the span of ${route}`,
      });

    test('one trace leads from the request through the services and NATS to the webhook that tells of it', async () => {
      const { collector } = told();
      const root = await rootOf('POST /ingestion/json');
      expect(root).toMatchObject({
        service: 'gateway',
        kind: 'SERVER',
        parentSpanId: '',
        attributes: { 'http.response.status_code': 201 },
      });
      const { traceId } = root;
      const made = await spanOf(traceId, 'catalog', rpc('catalog', 'CreateReleaseTree'), 'SERVER');
      expect(collector.path(made)).toEqual([
        'gateway POST /ingestion/json',
        `gateway ${rpc('ingestion', 'IngestJson')}`,
        `ingestion ${rpc('ingestion', 'IngestJson')}`,
        `ingestion ${rpc('catalog', 'CreateReleaseTree')}`,
        `catalog ${rpc('catalog', 'CreateReleaseTree')}`,
      ]);
      const sent = await waitFor(
        () =>
          spans().find(
            (span) => span.traceId === traceId && span.name === 'send webhook' && span.attributes['tonegrid.event'] === 'release.created',
          ),
        { timeout: 30_000, what: 'the webhook in the same trace' },
      );
      expect(collector.path(sent).slice(-4)).toEqual([
        `catalog ${rpc('catalog', 'CreateReleaseTree')}`,
        'catalog publish release.created',
        'webhooks process release.created',
        'webhooks send webhook',
      ]);
      expect(spans().filter((span) => span.traceId === traceId && span.parentSpanId === '')).toEqual([root]);
    }, 60_000);

    test('the upload to a DSP belongs to the trace of the request that asked for it, with the calls that it makes', async () => {
      const { collector } = told();
      const root = await rootOf('POST /releases/{uuid}/ddex/deliver');
      const sent = await spanOf(root.traceId, 'delivery', 'delivery.send', 'CONSUMER');
      expect(collector.path(sent)[0]).toBe('gateway POST /releases/{uuid}/ddex/deliver');
      const rendered = await spanOf(root.traceId, 'ddex', rpc('ddex', 'RenderMessage'), 'SERVER');
      expect(collector.path(rendered).slice(-3)).toEqual([
        'delivery delivery.send',
        `delivery ${rpc('ddex', 'RenderMessage')}`,
        `ddex ${rpc('ddex', 'RenderMessage')}`,
      ]);
    }, 60_000);

    test('a request that comes in a trace goes on in it, and no call between services begins one of its own', async () => {
      const { api, release } = told();
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      await api.get(`/releases/${release}`, { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
      const root = await waitFor(
        () => spans().find((span) => span.traceId === traceId && span.service === 'gateway' && span.kind === 'SERVER'),
        {
          timeout: 30_000,
        },
      );
      expect(root.parentSpanId).toBe('b7ad6b7169203331');
      await spanOf(traceId, 'catalog', rpc('catalog', 'GetRelease'), 'SERVER');
      const orphans = spans().filter((span) => span.service !== 'gateway' && span.kind === 'SERVER' && span.parentSpanId === '');
      expect(orphans.map(({ service, name }) => `${service} ${name}`)).toEqual([]);
    }, 60_000);

    test('the log of the request says who it was from and in which trace, and no log shows a secret', async () => {
      const { platform } = told();
      const root = await rootOf('POST /ingestion/json');
      const requestId = root.attributes['tonegrid.request_id'];
      const line = platform
        .service('gateway')
        .lines()
        .find((each) => each['request_id'] === requestId && each['msg'] === 'request');
      expect(line).toMatchObject({
        service: 'gateway',
        level: 'info',
        tenant: platform.tenantUuid,
        trace_id: root.traceId,
        method: 'POST',
        route: '/ingestion/json',
        status: 201,
      });
      const passwords = platform.owners.map((service) => new URL(platform.databaseUrl(service)).password);
      for (const name of serviceNames) {
        const log = platform.service(name).logs();
        for (const secret of [platform.key, platform.clientSecret, platform.internalToken, ...passwords]) expect(log).not.toContain(secret);
        for (const each of log.split('\n').filter(Boolean))
          expect(JSON.parse(each)).toMatchObject({ service: name, level: expect.any(String) });
      }
    });

    describe.each(serviceNames)('%s', (name) => {
      test('is ready, and shows metrics that Prometheus can read and that tell of the trip', async () => {
        const { platform } = told();
        const answer = await fetch(`${platform.adminUrl(name)}/readyz`);
        expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ status: 'ready' })]);
        const metrics = readMetrics(await (await fetch(`${platform.adminUrl(name)}/metrics`)).text());
        expect(metrics.sum('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
        expect(metrics.sum('process_cpu_seconds_total')).toBeGreaterThan(0);
        expectRequests(metrics, name);
        if ((platform.owners as readonly string[]).includes(name)) expect(metrics.sum('database_pool_connections')).toBeGreaterThan(0);
        if (name === 'catalog' || name === 'ingestion' || name === 'delivery') {
          expect(metrics.sum('outbox_published_total')).toBeGreaterThan(0);
          expect(metrics.types.get('outbox_lag_seconds')).toBe('gauge');
        }
        if (name === 'webhooks') {
          expect(metrics.sum('consumer_handled_total', { type: 'release.created' })).toBeGreaterThan(0);
          expect(metrics.types.get('consumer_pending')).toBe('gauge');
        }
      });
    });
  });
}

/** Rate, errors and duration of whatever the service answers. */
function expectRequests(metrics: Metrics, name: string): void {
  if (name === 'dsp-simulator') return;
  const [counter, histogram] =
    name === 'gateway'
      ? ['http_requests_total', 'http_request_duration_seconds']
      : ['rpc_server_requests_total', 'rpc_server_duration_seconds'];
  expect(metrics.sum(counter)).toBeGreaterThan(0);
  expect(metrics.sum(`${histogram}_count`)).toBeGreaterThan(0);
}
