// What DDEX publishes and this platform reads. A message schema's address follows from its namespace (DDEX knowledge base, "Locations of
// XSDs"): http://ddex.net/xml/ern/43 is described at http://ddex.net/xml/ern/43/release-notification.xsd, which the server at
// service.ddex.net answers. What it imports lies where its own import says.

const ern = (name, short) => ({ name, path: `ern/${short}/release-notification.xsd`, namespace: `http://ddex.net/xml/ern/${short}` });

/** Message schemas by the name that `--only` takes, their path below the base address, and the namespace that they must describe. */
export const published = [
  ern('3.8.2', '382'),
  ern('3.8.3', '383'),
  ern('4.2', '42'),
  ern('4.3', '43'),
  ern('4.3.2', '432'),
  { name: 'choreography', path: 'ern-c-sftp/16/ern-choreography-sftp.xsd', namespace: 'http://ddex.net/xml/ern-c-sftp/16' },
];

/**
 * SHA-256 of the editions that this platform was tested with, import locations left out: of message schemas by path, of value sets that
 * belong to one version by file name. `allowed-value-sets.xsd` is not here: DDEX adds to it as it goes.
 */
export const knownDigests = {
  'ern/382/release-notification.xsd': '1a309c35a94fdd090521926b111dbbac205de7408087e35642d69ca0377a9402',
  'ern/383/release-notification.xsd': '9c545cafa34666fbe67417e9c66a0ec777a3b0019988d284c70c8211f50bb16e',
  'ern/42/release-notification.xsd': '1b4fd249cc5af0fd68c096252ded9bcaa8e26ddc1dbdeb85914d5e3268411c52',
  'ern/43/release-notification.xsd': 'f93605cc77f3d0823f095a01905d53687cc4c3d9ea23e69a3c366bad5891bf1a',
  'ern/432/release-notification.xsd': '92fb030b9d7762bd8c34422f3e29479eae57a552ad838b46b7e8fb1afb1ad4d3',
  'ern-c-sftp/16/ern-choreography-sftp.xsd': 'd49522ea2658b3f4759c3ab0cddf1e0c05b7038001f34af526068a1ca6205139',
  'avs_20161006.xsd': '73d006bc0dc93bcbcce1d3cb3876a23bbf295b19a7c0536d3523f1e36b2f0a6e',
  'avs383.xsd': 'ae0f806a0a15fb12e12cea1f83bad43cec82ee8c42352ea8adab10d2cb150ec7',
  'avs20200518.xsd': '5e6a6e3641cb7f7491d7f0a1802a2f83d37f66c81674042279105b38c65efd88',
};
