const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const { chart, helm, ofKind, pods, render, root, valueSets } = require('./render');

const deployed = readdirSync(join(root, 'services'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const withDatabase = ['catalog', 'delivery', 'identity', 'ingestion', 'webhooks'];
const rendered = Object.fromEntries(valueSets.map((values) => [values, render(values)]));
const mebibytes = (quantity) => parseFloat(quantity) * { Mi: 1, Gi: 1024 }[quantity.slice(-2)];
const envOf = (container) => Object.fromEntries(container.env.map((variable) => [variable.name, variable]));

test.each(valueSets)('helm lint --strict accepts the %s values', (values) => {
  const run = helm('lint', '--strict', chart, '--values', join(chart, 'ci', `${values}.yaml`));
  expect(run.stdout).toContain('0 chart(s) failed');
  expect(run.stdout).not.toMatch(/WARNING|ERROR/);
  expect(run.status).toBe(0);
});

test('helm lint --strict accepts the chart with its own values', () => {
  expect(helm('lint', '--strict', chart).status).toBe(0);
});

describe('what is rendered', () => {
  test('every service of services/ is, in the sandbox', () => {
    expect(Object.keys(ofKind(rendered.sandbox, 'Deployment')).sort()).toEqual([...deployed].sort());
  });

  test('every service but the DSP simulator is, in production', () => {
    expect(Object.keys(ofKind(rendered.production, 'Deployment')).sort()).toEqual(
      deployed.filter((name) => name !== 'dsp-simulator').sort(),
    );
  });

  test('each service has its own ServiceAccount, Service and NetworkPolicy', () => {
    for (const kind of ['ServiceAccount', 'Service', 'NetworkPolicy'])
      expect(Object.keys(ofKind(rendered.sandbox, kind))).toEqual(expect.arrayContaining(deployed));
  });

  test('no name is used twice for one kind', () => {
    for (const values of valueSets) {
      const names = rendered[values].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('names stay within 63 characters whatever the release is called', () => {
    for (const { metadata } of render('sandbox', { release: 'a'.repeat(53) })) expect(metadata.name.length).toBeLessThanOrEqual(63);
  });
});

describe('pods', () => {
  test.each(valueSets)('satisfy the restricted Pod Security Standard, Jobs included (%s)', (values) => {
    expect(pods(rendered[values]).length).toBeGreaterThan(deployed.length);
    for (const { of, spec } of pods(rendered[values])) {
      expect({ of, pod: spec.securityContext }).toEqual({
        of,
        pod: expect.objectContaining({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }),
      });
      expect(spec.securityContext.runAsUser).not.toBe(0);
      expect(spec.hostNetwork ?? spec.hostPID ?? spec.hostIPC).toBeUndefined();
      expect((spec.volumes ?? []).filter(({ hostPath }) => hostPath)).toEqual([]);
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.enableServiceLinks).toBe(false);
      expect(spec.initContainers).toBeUndefined();
      for (const container of spec.containers) {
        expect({ of, container: container.securityContext }).toEqual({
          of,
          container: {
            allowPrivilegeEscalation: false,
            privileged: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
        });
        expect((container.ports ?? []).filter(({ hostPort }) => hostPort)).toEqual([]);
      }
    }
  });

  test.each(valueSets)('can write to /tmp, and state what they need (%s)', (values) => {
    for (const { spec } of pods(rendered[values])) {
      const [container] = spec.containers;
      expect(container.volumeMounts).toContainEqual({ name: 'tmp', mountPath: '/tmp' });
      const tmp = spec.volumes.find(({ name }) => name === 'tmp').emptyDir.sizeLimit;
      // Else the pod is evicted for its storage before /tmp is full.
      expect(mebibytes(container.resources.limits['ephemeral-storage'])).toBeGreaterThan(mebibytes(tmp));
      expect(Object.keys(container.resources.requests).sort()).toEqual(['cpu', 'ephemeral-storage', 'memory']);
      expect(container.resources.limits.memory).toBeTruthy();
      const volumes = spec.volumes.map(({ name }) => name);
      for (const mount of container.volumeMounts) expect(volumes).toContain(mount.name);
    }
  });

  test('of the DSP simulator have room for the audio that they keep', () => {
    const tmpOf = (name) =>
      ofKind(rendered.sandbox, 'Deployment')[name].spec.template.spec.volumes.find((volume) => volume.name === 'tmp').emptyDir.sizeLimit;
    expect(mebibytes(tmpOf('dsp-simulator'))).toBeGreaterThanOrEqual(20 * 1024);
  });

  test('are asked for their health on ports that they have', () => {
    for (const deployment of Object.values(ofKind(rendered.sandbox, 'Deployment'))) {
      const [container] = deployment.spec.template.spec.containers;
      const ports = container.ports.map(({ name }) => name);
      for (const [probe, path] of Object.entries({ startupProbe: '/livez', livenessProbe: '/livez', readinessProbe: '/readyz' })) {
        expect(container[probe].httpGet).toEqual({ path, port: 'admin' });
        expect(ports).toContain('admin');
      }
      expect(envOf(container).ADMIN_PORT.value).toBe(String(container.ports.find(({ name }) => name === 'admin').containerPort));
    }
  });

  test('listen where their ports say', () => {
    for (const deployment of Object.values(ofKind(rendered.sandbox, 'Deployment'))) {
      const [container] = deployment.spec.template.spec.containers;
      const env = envOf(container);
      for (const port of container.ports) {
        const variable = { sftp: 'SFTP_PORT', rest: 'REST_PORT' }[port.name] ?? `${port.name.toUpperCase()}_PORT`;
        expect(env[variable].value).toBe(String(port.containerPort));
        expect(env[variable.replace('_PORT', '_HOST')].value).toBe('0.0.0.0');
      }
    }
  });

  test('leave the endpoints before they stop, and have time for both', () => {
    for (const deployment of Object.values(ofKind(rendered.production, 'Deployment'))) {
      const { terminationGracePeriodSeconds, containers } = deployment.spec.template.spec;
      const [command, seconds] = containers[0].lifecycle.preStop.exec.command;
      expect(command).toBe('sleep');
      const needed = Number(seconds) + Number(envOf(containers[0]).SHUTDOWN_GRACE_MS.value) / 1000;
      expect(terminationGracePeriodSeconds).toBeGreaterThan(needed);
    }
  });

  test('are spread over nodes and zones without ever being held back', () => {
    for (const deployment of Object.values(ofKind(rendered.production, 'Deployment'))) {
      const constraints = deployment.spec.template.spec.topologySpreadConstraints;
      expect(constraints.map(({ topologyKey }) => topologyKey)).toEqual(['kubernetes.io/hostname', 'topology.kubernetes.io/zone']);
      for (const constraint of constraints) {
        expect(constraint.whenUnsatisfiable).toBe('ScheduleAnyway');
        expect(constraint.labelSelector).toEqual(deployment.spec.selector);
      }
    }
  });

  test('are replaced one by one, never fewer than before', () => {
    for (const deployment of Object.values(ofKind(rendered.production, 'Deployment'))) {
      expect(deployment.spec.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
    }
  });

  test('call each other by the names and ports of the Services', () => {
    const services = ofKind(rendered.sandbox, 'Service');
    let calls = 0;
    for (const deployment of Object.values(ofKind(rendered.sandbox, 'Deployment'))) {
      for (const { name, value } of deployment.spec.template.spec.containers[0].env) {
        if (!name.endsWith('_ADDRESS')) continue;
        const [host, port] = value.split(':');
        const service = services[host.replace(/^tg-tonegrid-/, '')];
        expect(service.spec.ports).toContainEqual(expect.objectContaining({ name: 'grpc', port: Number(port) }));
        calls++;
      }
    }
    expect(calls).toBeGreaterThan(10);
  });

  test('the DSP simulator reports to the gateway within the cluster', () => {
    const callback = (objects) =>
      envOf(ofKind(objects, 'Deployment')['dsp-simulator'].spec.template.spec.containers[0]).SIMULATOR_CALLBACK_URL;
    const { metadata, spec } = ofKind(rendered.sandbox, 'Service').gateway;
    expect(callback(rendered.sandbox).value).toBe(`http://${metadata.name}:${spec.ports[0].port}/api`);
    const moved = render('sandbox', {
      set: { basePath: '/music/v1', publicUrl: 'http://x.example/music/v1', 'gateway.service.port': 8081 },
    });
    expect(callback(moved).value).toBe('http://tg-tonegrid-gateway:8081/music/v1');
  });
});

describe('selectors', () => {
  test('do not change with the version of chart or platform, nor with the image', () => {
    const selectors = (objects) =>
      objects
        .filter(({ kind }) => kind !== 'Job')
        .map(({ kind, metadata, spec }) => [kind, metadata.name, spec?.selector ?? spec?.podSelector ?? spec?.scaleTargetRef]);
    const other = render('production', { set: { 'image.tag': '9.9.9', 'image.digest': '' } });
    expect(selectors(other)).toEqual(selectors(rendered.production));
    for (const { kind, spec } of rendered.production) {
      const labels = kind === 'Service' ? spec.selector : spec?.selector?.matchLabels;
      if (labels) expect(Object.keys(labels).filter((label) => /version|chart/.test(label))).toEqual([]);
    }
  });

  test('match the pods of one service and no Job', () => {
    const deployments = Object.values(ofKind(rendered.sandbox, 'Deployment'));
    const matches = (selector, labels) => Object.entries(selector).every(([key, value]) => labels[key] === value);
    for (const service of Object.values(ofKind(rendered.sandbox, 'Service'))) {
      const selected = pods(rendered.sandbox).filter(({ metadata }) => matches(service.spec.selector, metadata.labels));
      expect(selected).toHaveLength(1);
      expect(selected[0].of).toMatch(/^Deployment/);
    }
    for (const { spec } of deployments) expect(matches(spec.selector.matchLabels, spec.template.metadata.labels)).toBe(true);
  });
});

describe('scaling', () => {
  test('a Deployment states replicas or has an autoscaler, never both', () => {
    for (const values of valueSets) {
      const scaled = Object.keys(ofKind(rendered[values], 'HorizontalPodAutoscaler'));
      for (const [name, { spec }] of Object.entries(ofKind(rendered[values], 'Deployment')))
        expect('replicas' in spec).toBe(!scaled.includes(name));
    }
    expect(Object.keys(ofKind(rendered.production, 'HorizontalPodAutoscaler')).sort()).toEqual([
      'catalog',
      'delivery',
      'gateway',
      'identity',
      'ingestion',
      'webhooks',
    ]);
  });

  test('a disruption budget exists from two replicas on and always lets one pod go', () => {
    expect(ofKind(rendered.sandbox, 'PodDisruptionBudget')).toEqual({});
    expect(Object.keys(ofKind(rendered.production, 'PodDisruptionBudget'))).toHaveLength(deployed.length - 1);
    for (const { spec } of Object.values(ofKind(rendered.production, 'PodDisruptionBudget'))) {
      expect(spec.maxUnavailable).toBe(1);
      expect(spec.minAvailable).toBeUndefined();
    }
    const one = render('minimal', { set: { 'services.ddex.replicas': 1 } });
    expect(Object.keys(ofKind(one, 'PodDisruptionBudget')).sort()).toEqual([
      'catalog',
      'delivery',
      'gateway',
      'identity',
      'ingestion',
      'webhooks',
    ]);
    const scaledToOne = render('production', { set: { 'services.catalog.autoscaling.minReplicas': 1 } });
    expect(Object.keys(ofKind(scaledToOne, 'PodDisruptionBudget'))).not.toContain('catalog');
  });

  test('a service can switch off or change what the defaults say, zero and false included', () => {
    const changed = render('production', {
      set: {
        'services.webhooks.autoscaling.enabled': false,
        'services.webhooks.replicas': 5,
        'services.webhooks.shutdown.drainSeconds': 0,
      },
    });
    expect(ofKind(changed, 'Deployment').webhooks.spec.replicas).toBe(5);
    expect(ofKind(changed, 'Deployment').webhooks.spec.template.spec.terminationGracePeriodSeconds).toBe(40);
  });

  test('the DSP simulator is always one pod, replaced and not doubled', () => {
    const [simulator] = [
      ofKind(render('sandbox', { set: { 'defaults.replicas': 4, 'defaults.autoscaling.enabled': true } }), 'Deployment')['dsp-simulator'],
    ];
    expect(simulator.spec.replicas).toBe(1);
    expect(simulator.spec.strategy).toEqual({ type: 'Recreate' });
  });
});

describe('secrets', () => {
  const secretVariables = /PASSWORD|SECRET|TOKEN|ENCRYPTION_KEY|DATABASE_URL|ACCESS_KEY/;

  test.each(valueSets)('are only ever named, never rendered (%s)', (values) => {
    expect(rendered[values].filter(({ kind }) => kind === 'Secret')).toEqual([]);
    for (const { spec } of pods(rendered[values])) {
      for (const variable of spec.containers.flatMap(({ env }) => env)) {
        if (!secretVariables.test(variable.name)) continue;
        expect(variable).toEqual({
          name: variable.name,
          valueFrom: { secretKeyRef: { name: expect.any(String), key: expect.any(String) } },
        });
      }
    }
    expect(JSON.stringify(rendered[values])).not.toMatch(/:\/\/[^/"\s]+:[^/"\s]+@|BEGIN [A-Z ]*PRIVATE KEY/);
  });

  test('rendering twice gives the same, so nothing is made up in a template', () => {
    for (const values of valueSets) expect(render(values)).toEqual(rendered[values]);
  });

  test('go only to those who need them', () => {
    const holders = (variable) =>
      Object.entries(ofKind(rendered.production, 'Deployment'))
        .filter(([, { spec }]) => envOf(spec.template.spec.containers[0])[variable])
        .map(([name]) => name)
        .sort();
    expect(holders('ENCRYPTION_KEY')).toEqual(withDatabase);
    expect(holders('DATABASE_URL')).toEqual(withDatabase);
    expect(holders('MIGRATION_DATABASE_URL')).toEqual([]);
    expect(
      Object.entries(ofKind(rendered.production, 'Deployment'))
        .filter(([, { spec }]) => spec.template.spec.containers[0].envFrom)
        .map(([name]) => name),
    ).toEqual(['delivery']);
  });

  test('each service has a database of its own', () => {
    const names = withDatabase.map(
      (name) =>
        envOf(ofKind(rendered.production, 'Deployment')[name].spec.template.spec.containers[0]).DATABASE_URL.valueFrom.secretKeyRef.name,
    );
    expect(new Set(names).size).toBe(withDatabase.length);
  });
});

describe('migrations', () => {
  const jobs = ofKind(rendered.production, 'Job');

  test('run before install and upgrade, once per database', () => {
    expect(Object.keys(jobs).sort()).toEqual(withDatabase.map((name) => `migrate-${name}`));
    for (const { metadata, spec } of Object.values(jobs)) {
      expect(metadata.annotations['helm.sh/hook']).toBe('pre-install,pre-upgrade');
      expect(metadata.annotations['helm.sh/hook-delete-policy']).toBe('before-hook-creation,hook-succeeded');
      expect(spec.backoffLimit).toBe(3);
      expect(spec.activeDeadlineSeconds).toBe(900);
      expect(spec.template.spec.containers[0].args).toEqual(['migrate']);
    }
  });

  test('need nothing that this release makes', () => {
    const made = new Set(
      rendered.production
        .filter(({ kind }) => ['ConfigMap', 'Secret', 'ServiceAccount'].includes(kind))
        .map(({ metadata }) => metadata.name),
    );
    expect(made.size).toBeGreaterThan(0);
    for (const { spec } of Object.values(jobs)) {
      const pod = spec.template.spec;
      expect(pod.serviceAccountName).toBeUndefined();
      const needed = [
        ...pod.volumes.flatMap(({ configMap, secret }) => [configMap?.name, secret?.secretName]),
        ...pod.containers[0].env.flatMap(({ valueFrom }) => [valueFrom?.secretKeyRef?.name, valueFrom?.configMapKeyRef?.name]),
      ].filter(Boolean);
      expect(needed.filter((name) => made.has(name))).toEqual([]);
    }
  });

  test('can be left to the operator', () => {
    expect(ofKind(render('minimal', { set: { 'migrations.enabled': false } }), 'Job')).toEqual({});
  });
});

describe('the network', () => {
  test('gRPC Services are headless, so that clients balance over every pod', () => {
    for (const service of Object.values(ofKind(rendered.sandbox, 'Service'))) {
      if (service.spec.ports.some(({ name }) => name === 'grpc'))
        expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    }
  });

  test('only the gateway takes traffic from outside the platform', () => {
    for (const [name, { spec }] of Object.entries(ofKind(rendered.sandbox, 'NetworkPolicy'))) {
      if (name === 'webhooks-egress') continue;
      const open = spec.ingress.filter(({ from }) => !from);
      expect({ name, open }).toEqual({ name, open: name === 'gateway' ? [{ ports: [{ port: 'http', protocol: 'TCP' }] }] : [] });
      const own = spec.ingress.filter(({ ports }) => ports.some(({ port }) => port === 'grpc'));
      for (const { from } of own)
        expect(from).toEqual([
          {
            podSelector: {
              matchLabels: { 'app.kubernetes.io/name': 'tonegrid', 'app.kubernetes.io/instance': 'tg', 'tonegrid/role': 'service' },
            },
          },
        ]);
    }
    const pod = ofKind(rendered.sandbox, 'Deployment').catalog.spec.template.metadata.labels;
    expect(pod['tonegrid/role']).toBe('service');
  });

  test('who may reach the gateway can be named, and in the sandbox the DSP simulator always may', () => {
    const set = { 'networkPolicy.gatewayFrom[0].ipBlock.cidr': '10.1.0.0/16' };
    const from = (values) =>
      ofKind(render(values, { set }), 'NetworkPolicy').gateway.spec.ingress.find(({ ports }) => ports[0].port === 'http').from;
    const ingress = { ipBlock: { cidr: '10.1.0.0/16' } };
    expect(from('minimal')).toEqual([ingress]);
    const [first, own, ...more] = from('sandbox');
    expect([first, more]).toEqual([ingress, []]);
    const { labels } = ofKind(rendered.sandbox, 'Deployment')['dsp-simulator'].spec.template.metadata;
    expect(labels).toMatchObject(own.podSelector.matchLabels);
  });

  test('the admin port is never on the Service that a load balancer opens', () => {
    const { gateway } = ofKind(render('minimal', { set: { 'gateway.service.type': 'LoadBalancer' } }), 'Service');
    expect(gateway.spec.type).toBe('LoadBalancer');
    expect(gateway.spec.ports.map(({ name }) => name)).toEqual(['http']);
  });

  test('webhooks cannot reach the metadata address', () => {
    const { spec } = ofKind(rendered.production, 'NetworkPolicy')['webhooks-egress'];
    expect(
      spec.egress
        .flatMap(({ to = [] }) => to)
        .filter(({ ipBlock }) => ipBlock)
        .map(({ ipBlock }) => ipBlock.except[0]),
    ).toEqual(['169.254.169.254/32', 'fd00:ec2::254/128']);
  });

  test('an Ingress and an HTTPRoute lead to the gateway below the base path', () => {
    const ingress = ofKind(rendered.production, 'Ingress').gateway.spec;
    expect(ingress.rules).toEqual([
      {
        host: 'music.example.com',
        http: {
          paths: [{ path: '/api', pathType: 'Prefix', backend: { service: { name: 'tg-tonegrid-gateway', port: { name: 'http' } } } }],
        },
      },
    ]);
    const route = ofKind(rendered.sandbox, 'HTTPRoute').gateway.spec;
    expect(route.rules).toEqual([
      { matches: [{ path: { type: 'PathPrefix', value: '/api' } }], backendRefs: [{ name: 'tg-tonegrid-gateway', port: 80 }] },
    ]);
  });
});

describe('files', () => {
  const dspsOf = (objects) => ofKind(objects, 'ConfigMap').dsps?.data['dsps.yaml'];
  const checksum = (objects, name) => ofKind(objects, 'Deployment')[name].spec.template.metadata.annotations['checksum/dsps'];

  test('the DSPs of the platform are given unless the operator brings their own', () => {
    expect(dspsOf(rendered.minimal)).toContain('slug: spotify');
    expect(dspsOf(rendered.production)).toBeUndefined();
    expect(
      ofKind(rendered.production, 'Deployment').delivery.spec.template.spec.volumes.find(({ name }) => name === 'dsps').configMap.name,
    ).toBe('our-dsps');
  });

  test('pods that read dsps.yaml restart when it changes, the others do not', () => {
    const changed = render('minimal', { set: { 'dsps.content': 'dsps: []' } });
    expect(checksum(changed, 'delivery')).not.toBe(checksum(rendered.minimal, 'delivery'));
    expect(checksum(rendered.minimal, 'identity')).toBeUndefined();
  });

  test('DDEX schemas come from a volume of the operator, and without one their variable is not set', () => {
    const ddex = (values) => ofKind(rendered[values], 'Deployment').ddex.spec.template.spec;
    expect(envOf(ddex('minimal').containers[0]).DDEX_SCHEMAS_DIR).toBeUndefined();
    for (const values of ['production', 'sandbox']) {
      const folder = envOf(ddex(values).containers[0]).DDEX_SCHEMAS_DIR.value;
      expect(ddex(values).containers[0].volumeMounts).toContainEqual({ name: 'ddex-schemas', mountPath: folder, readOnly: true });
      expect(ddex(values).volumes).toContainEqual({
        name: 'ddex-schemas',
        persistentVolumeClaim: { claimName: 'ddex-schemas', readOnly: true },
      });
    }
  });
});

describe('monitoring', () => {
  test('each service is scraped on its admin port, under the name that alerts and dashboard know', () => {
    const monitors = ofKind(rendered.production, 'ServiceMonitor');
    expect(Object.keys(monitors).sort()).toEqual(deployed.filter((name) => name !== 'dsp-simulator').sort());
    for (const [name, monitor] of Object.entries(monitors)) {
      expect(monitor.spec.endpoints).toEqual([
        { port: 'admin', path: '/metrics', interval: '15s', relabelings: [{ targetLabel: 'job', replacement: `tonegrid-${name}` }] },
      ]);
      const matching = Object.values(ofKind(rendered.production, 'Service')).filter(({ metadata }) =>
        Object.entries(monitor.spec.selector.matchLabels).every(([key, value]) => metadata.labels[key] === value),
      );
      expect(matching).toHaveLength(1);
      expect(matching[0].spec.ports.map((port) => port.name)).toContain('admin');
    }
  });

  test('rules and dashboard are those of deploy/, their own templates untouched', () => {
    const rule = rendered.production.find(({ kind }) => kind === 'PrometheusRule');
    expect(rule.spec.groups[0].rules[0].annotations.summary).toContain('{{ $labels.job }}');
    expect(JSON.parse(ofKind(rendered.production, 'ConfigMap').dashboard.data['tonegrid-platform.json']).title).toBe('ToneGrid platform');
  });

  test('a cluster without the Prometheus operator gets none of its kinds', () => {
    expect(render('production', { operator: false }).filter(({ apiVersion }) => apiVersion.startsWith('monitoring.coreos.com'))).toEqual(
      [],
    );
  });
});
