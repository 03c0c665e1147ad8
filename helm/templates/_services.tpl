{{/*
Facts about the services, from which every object is rendered. They follow from the code, so they are no values:
  grpc, http, sftp, rest, admin   ports
  database    owns a PostgreSQL database (and so gets a migrations Job, and the key under which secrets in it are sealed)
  nats        publishes or consumes events
  storage     reads or writes audio, artwork or messages
  dsps        reads dsps.yaml
  schemas     reads the DDEX schemas
  party       writes DDEX messages or sends them, in the name of the platform
  identifiers mints UPC, ISRC and GRid, and tells where pictures are
  calls       the services that it calls over gRPC
*/}}
{{- define "tonegrid.catalogue" -}}
gateway: { http: 8080, admin: 9150, nats: true, calls: [identity, catalog, ingestion, ddex, delivery, webhooks] }
identity: { grpc: 50051, admin: 9151, database: true, nats: true }
catalog: { grpc: 50052, admin: 9152, database: true, nats: true, storage: true, dsps: true, identifiers: true }
ingestion: { grpc: 50053, admin: 9153, database: true, nats: true, calls: [catalog] }
ddex: { grpc: 50054, admin: 9154, dsps: true, schemas: true, party: true, calls: [catalog, delivery] }
delivery: { grpc: 50055, admin: 9155, database: true, nats: true, storage: true, dsps: true, party: true, calls: [catalog, ddex] }
webhooks: { grpc: 50056, admin: 9156, database: true, nats: true, dsps: true }
{{- if eq .Values.environment "sandbox" }}
dsp-simulator: { sftp: 50060, rest: 50061, admin: 9160, dsps: true, schemas: true, single: true }
{{- end }}
{{- end -}}

{{/*
The options of one service as YAML: .Values.defaults with the keys of .Values.services.<name> put over them. A key that is
given replaces the default's whole key, except autoscaling and shutdown, which merge key by key. Written out because sprig's merge
functions lose false and 0.
*/}}
{{- define "tonegrid.options" -}}
{{- $options := deepCopy .root.Values.defaults -}}
{{- range $key, $value := default dict (index .root.Values.services .name) -}}
{{- if and (has $key (list "autoscaling" "shutdown")) (kindIs "map" $value) -}}
{{- $merged := deepCopy (default dict (index $options $key)) -}}
{{- range $inner, $set := $value }}{{ $_ := set $merged $inner $set }}{{ end -}}
{{- $_ := set $options $key $merged -}}
{{- else if not (kindIs "invalid" $value) -}}
{{- $_ := set $options $key $value -}}
{{- end -}}
{{- end -}}
{{- if .facts.single -}}
{{- $_ := set $options "replicas" 1 -}}
{{- $_ := set (index $options "autoscaling") "enabled" false -}}
{{- end -}}
{{- toYaml $options -}}
{{- end -}}

{{/* One secret key as an environment variable: (dict "variable" "X" "secret" (dict "name" … "key" …)). */}}
{{- define "tonegrid.secretEnv" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret.name }}
      key: {{ .secret.key }}
{{- end -}}

{{/* The environment that the chart itself gives to a service. Secrets by reference, and only to those who need them. */}}
{{- define "tonegrid.env" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $facts := .facts -}}
- name: SERVICE
  value: {{ .name }}
- name: TONEGRID_ENV
  value: {{ $values.environment }}
- name: LOG_LEVEL
  value: {{ $values.logLevel }}
- name: PUBLIC_URL
  value: {{ $values.publicUrl | quote }}
- name: ADMIN_HOST
  value: 0.0.0.0
- name: ADMIN_PORT
  value: {{ $facts.admin | int | quote }}
{{- /* A little less than the kubelet waits, so that the service ends by itself and says so. */}}
- name: SHUTDOWN_GRACE_MS
  value: {{ mul 1000 (sub (int .options.shutdown.graceSeconds) 5) | quote }}
{{- if $facts.grpc }}
- name: GRPC_HOST
  value: 0.0.0.0
- name: GRPC_PORT
  value: {{ $facts.grpc | int | quote }}
{{- end }}
{{- if $facts.http }}
- name: HTTP_HOST
  value: 0.0.0.0
- name: HTTP_PORT
  value: {{ $facts.http | int | quote }}
- name: BASE_PATH
  value: {{ $values.basePath | quote }}
{{- with $values.gateway.trustedProxies }}
- name: TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- with $values.gateway.corsOrigins }}
- name: CORS_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
{{- range $class, $perMinute := $values.gateway.rateLimits }}
- name: RATE_LIMIT_{{ upper $class }}
  value: {{ int $perMinute | quote }}
{{- end }}
{{- with $values.gateway.ratePlans }}
- name: RATE_PLANS
  value: {{ toJson . | quote }}
{{- end }}
{{- if $values.gateway.redisUrlSecret.name }}
{{ include "tonegrid.secretEnv" (dict "variable" "REDIS_URL" "secret" $values.gateway.redisUrlSecret) }}
{{- end }}
{{- end }}
{{- if $facts.sftp }}
- name: SFTP_HOST
  value: 0.0.0.0
- name: SFTP_PORT
  value: {{ $facts.sftp | int | quote }}
- name: REST_HOST
  value: 0.0.0.0
- name: REST_PORT
  value: {{ $facts.rest | int | quote }}
{{- /* The one folder that it may write to; what it holds may go with the pod. */}}
- name: SIMULATOR_DATA_DIR
  value: /tmp/dsp-simulator
{{- /* PUBLIC_URL is for those outside, and may lead nowhere from a pod. */}}
- name: SIMULATOR_CALLBACK_URL
  value: {{ printf "http://%s-gateway:%d%s" (include "tonegrid.fullname" $root) (int $values.gateway.service.port) $values.basePath | quote }}
{{- end }}
{{ include "tonegrid.secretEnv" (dict "variable" "INTERNAL_TOKEN" "secret" $values.secrets.internalToken) }}
{{- $catalogue := include "tonegrid.catalogue" $root | fromYaml }}
{{- range $called := $facts.calls }}
- name: {{ upper $called }}_ADDRESS
  value: {{ printf "%s-%s:%d" (include "tonegrid.fullname" $root) $called (int (index $catalogue $called).grpc) }}
{{- end }}
{{- if $facts.database }}
{{ include "tonegrid.secretEnv" (dict "variable" "DATABASE_URL" "secret" (index $values.databases .name).url) }}
{{ include "tonegrid.secretEnv" (dict "variable" "ENCRYPTION_KEY" "secret" $values.secrets.encryptionKey) }}
- name: DATABASE_POOL_SIZE
  value: {{ int .options.databasePoolSize | quote }}
{{- end }}
{{- if $facts.nats }}
{{- if $values.nats.urlSecret.name }}
{{ include "tonegrid.secretEnv" (dict "variable" "NATS_URL" "secret" $values.nats.urlSecret) }}
{{- else }}
- name: NATS_URL
  value: {{ $values.nats.url | quote }}
{{- end }}
- name: NATS_REPLICAS
  value: {{ int $values.nats.replicas | quote }}
{{- if $values.nats.credentialsSecret.name }}
- name: NATS_CREDENTIALS_FILE
  value: /etc/tonegrid/nats/nats.creds
{{- end }}
{{- end }}
{{- if $facts.storage }}
- name: STORAGE_URL
  value: {{ $values.storage.url | quote }}
{{- with $values.storage.credentialsSecret }}
{{- if .name }}
{{ include "tonegrid.secretEnv" (dict "variable" "AWS_ACCESS_KEY_ID" "secret" (dict "name" .name "key" .accessKeyIdKey)) }}
{{ include "tonegrid.secretEnv" (dict "variable" "AWS_SECRET_ACCESS_KEY" "secret" (dict "name" .name "key" .secretAccessKeyKey)) }}
{{- end }}
{{- end }}
{{- end }}
{{- if eq .name "identity" }}
- name: SIGNING_KEY_DAYS
  value: {{ int $values.identity.signingKeyDays | quote }}
{{- end }}
{{- if $facts.identifiers }}
- name: UPC_PREFIX
  value: {{ $values.identifiers.upcPrefix | quote }}
- name: ISRC_PREFIXES
  value: {{ join "," $values.identifiers.isrcPrefixes | quote }}
- name: GRID_ISSUER
  value: {{ $values.identifiers.gridIssuer | quote }}
{{- with $values.artworkBaseUrl }}
- name: ARTWORK_BASE_URL
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if $facts.party }}
{{- with $values.party.dpid }}
- name: PLATFORM_DPID
  value: {{ . | quote }}
{{- end }}
- name: PLATFORM_NAME
  value: {{ $values.party.name | quote }}
{{- end }}
{{- if $facts.dsps }}
- name: DSPS_FILE
  value: /etc/tonegrid/dsps/dsps.yaml
{{- if eq $values.environment "sandbox" }}
- name: SIMULATOR_HOST
  value: {{ include "tonegrid.fullname" $root }}-dsp-simulator
{{- end }}
{{- end }}
{{- if and $facts.schemas $values.ddexSchemas.existingClaim }}
- name: DDEX_SCHEMAS_DIR
  value: /var/lib/tonegrid/ddex-schemas
{{- end }}
{{- if $values.telemetry.otlpEndpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ $values.telemetry.otlpEndpoint | quote }}
{{- end }}
{{- if $values.allowPrivateAddresses }}
- name: ALLOW_PRIVATE_ADDRESSES
  value: 'true'
{{- end }}
{{- end -}}
