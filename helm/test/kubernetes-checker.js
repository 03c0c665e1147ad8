// Checks objects against Kubernetes' OpenAPI, more strictly than the API server does: it drops unknown fields, we refuse them.
const { readFileSync } = require('node:fs');
const { gunzipSync } = require('node:zlib');
const Ajv = require('ajv');

/** Reads the swagger file (gzip) and returns check(object): a list of problems, empty when the object is right. */
function kubernetesChecker(path) {
  const { definitions } = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'));
  const kinds = new Map();
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.properties) definition.additionalProperties = false;
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      kinds.set(`${group ? `${group}/` : ''}${version} ${kind}`, name);
    }
  }
  // Swagger cannot say "string or number", which these two are.
  definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString'] = { type: ['string', 'integer'] };
  definitions['io.k8s.apimachinery.pkg.api.resource.Quantity'] = { type: ['string', 'number'] };

  const ajv = new Ajv({ strict: false, allErrors: true, allowUnionTypes: true, validateFormats: false });
  ajv.addSchema({ $id: 'kubernetes', definitions });
  return (object) => {
    const name = kinds.get(`${object.apiVersion} ${object.kind}`);
    if (!name) return [`${object.apiVersion} ${object.kind} does not exist in this Kubernetes`];
    const validate = ajv.getSchema(`kubernetes#/definitions/${name}`);
    if (validate(object)) return [];
    return validate.errors.map(
      (error) => `${object.kind} ${object.metadata?.name} ${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`,
    );
  };
}

module.exports = { kubernetesChecker };
