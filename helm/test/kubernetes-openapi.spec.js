const { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { chart, objects, openApi, render, template, valueSets } = require('./render');
const { kubernetesChecker } = require('./kubernetes-checker');

// Kinds of installed extensions; Kubernetes' own description cannot know them. Their shape is tested in chart.spec.js.
const foreign = /^(monitoring\.coreos\.com|gateway\.networking\.k8s\.io)\//;
const own = (rendered) => rendered.filter(({ apiVersion }) => !foreign.test(apiVersion));

// Skipped, and counted as such, in a clone that has Kubernetes' OpenAPI neither beside it nor in KUBERNETES_OPENAPI.
const suite = openApi ? describe : describe.skip;

suite(
  `rendered objects under the OpenAPI of Kubernetes 1.34${openApi ? '' : ' (skipped: the file is not here, set KUBERNETES_OPENAPI)'}`,
  () => {
    let check;
    beforeAll(() => {
      check = kubernetesChecker(openApi);
    });

    test.each(valueSets)('every object of the %s values is right, and has no field that Kubernetes does not know', (values) => {
      const rendered = own(render(values));
      expect(rendered.length).toBeGreaterThan(30);
      expect(rendered.flatMap(check)).toEqual([]);
    });

    test('objects for the oldest Kubernetes of the chart are right as well', () => {
      expect(own(render('production', { kube: '1.25.0' })).flatMap(check)).toEqual([]);
    });

    describe('the checker itself', () => {
      let copy;
      beforeEach(() => {
        copy = mkdtempSync(join(tmpdir(), 'chart-'));
        cpSync(chart, copy, { recursive: true, dereference: true, filter: (path) => !path.endsWith('/test') });
      });
      afterEach(() => rmSync(copy, { recursive: true, force: true }));

      const changed = (file, from, to) => {
        const path = join(copy, 'templates', file);
        const text = readFileSync(path, 'utf8');
        expect(text).toContain(from);
        writeFileSync(path, text.replace(from, to));
        const run = template('minimal', { at: copy });
        expect(run.status).toBe(0);
        return own(objects(run.stdout)).flatMap(check).join('\n');
      };

      test.each([
        [
          'a misspelt field',
          'deployment.yaml',
          'terminationGracePeriodSeconds:',
          'terminationGracePeriodSecond:',
          /terminationGracePeriodSecond"/,
        ],
        [
          'a misspelt field deep in a container',
          '_pod.tpl',
          'readOnlyRootFilesystem:',
          'readOnlyRootFileSystem:',
          /readOnlyRootFileSystem/,
        ],
        ['a wrong type', 'deployment.yaml', 'periodSeconds: 10', 'periodSeconds: ten', /livenessProbe\/periodSeconds: must be integer/],
        [
          'an API version that is gone',
          'disruption.yaml',
          'policy/v1',
          'policy/v1beta1',
          /policy\/v1beta1 PodDisruptionBudget does not exist/,
        ],
        [
          'a missing field',
          'deployment.yaml',
          '  selector:\n    matchLabels: {{- include "tonegrid.selector" $scope | nindent 6 }}\n',
          '',
          /must have required property 'selector'/,
        ],
      ])('refuses %s', (_what, file, from, to, problem) => {
        expect(changed(file, from, to)).toMatch(problem);
      });

      test('takes a port by name or number, and a quantity as text or number', () => {
        const service = (targetPort) => ({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'a' },
          spec: { ports: [{ port: 1, targetPort }] },
        });
        expect([...check(service('grpc')), ...check(service(50051))]).toEqual([]);
        expect(check(service(true))).toHaveLength(1);
      });
    });
  },
);
