{{/*
Security of every pod, Jobs included. It satisfies the "restricted" Pod Security Standard and is no value, so that it cannot be
weakened by accident; only the numeric ids can be set, for volumes whose files have an owner.
*/}}
{{- define "tonegrid.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.security.runAsUser }}
runAsUser: {{ int . }}
{{- end }}
{{- with .Values.security.runAsGroup }}
runAsGroup: {{ int . }}
{{- end }}
{{- with .Values.security.fsGroup }}
fsGroup: {{ int . }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "tonegrid.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Where pods may run: (dict "root" $ "options" options). */}}
{{- define "tonegrid.scheduling" -}}
{{- with .options.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .options.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .options.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .options.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/*
Spread over nodes and zones, as far as the cluster can. matchLabelKeys keeps the old revision out of the count during a
rollout; clusters before 1.27 do not know it.
*/}}
{{- define "tonegrid.spread" -}}
{{- $scope := . -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  {{- if semverCompare ">=1.27-0" $scope.root.Capabilities.KubeVersion.Version }}
  matchLabelKeys: [pod-template-hash]
  {{- end }}
  labelSelector:
    matchLabels: {{- include "tonegrid.selector" $scope | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "tonegrid.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if .facts.dsps }}
- name: dsps
  mountPath: /etc/tonegrid/dsps
  readOnly: true
{{- end }}
{{- if and .facts.nats .root.Values.nats.credentialsSecret.name }}
- name: nats-credentials
  mountPath: /etc/tonegrid/nats
  readOnly: true
{{- end }}
{{- if and .facts.schemas .root.Values.ddexSchemas.existingClaim }}
- name: ddex-schemas
  mountPath: /var/lib/tonegrid/ddex-schemas
  readOnly: true
{{- end }}
{{- if and .facts.storage .root.Values.storage.existingClaim }}
- name: storage
  mountPath: /var/lib/tonegrid/storage
{{- end }}
{{- with .options.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "tonegrid.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .options.tmpSize }}
{{- if .facts.dsps }}
- name: dsps
  configMap:
    name: {{ include "tonegrid.dspsConfigMap" .root }}
    items:
      - key: {{ .root.Values.dsps.key }}
        path: dsps.yaml
{{- end }}
{{- if and .facts.nats .root.Values.nats.credentialsSecret.name }}
- name: nats-credentials
  secret:
    secretName: {{ .root.Values.nats.credentialsSecret.name }}
    items:
      - key: {{ .root.Values.nats.credentialsSecret.key }}
        path: nats.creds
{{- end }}
{{- if and .facts.schemas .root.Values.ddexSchemas.existingClaim }}
- name: ddex-schemas
  persistentVolumeClaim:
    claimName: {{ .root.Values.ddexSchemas.existingClaim }}
    readOnly: true
{{- end }}
{{- if and .facts.storage .root.Values.storage.existingClaim }}
- name: storage
  persistentVolumeClaim:
    claimName: {{ .root.Values.storage.existingClaim }}
{{- end }}
{{- with .options.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
