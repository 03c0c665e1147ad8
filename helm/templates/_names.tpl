{{/* The chart's name, as label app.kubernetes.io/name. */}}
{{- define "tonegrid.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/*
What every object's name begins with. 40 characters leave room for the longest suffix ("-dsp-simulator", "-migrate-ingestion")
within the 63 of a DNS label.
*/}}
{{- define "tonegrid.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "tonegrid.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "tonegrid.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/*
Labels that select a service's pods: (dict "root" $ "name" "catalog"). No version here: a Deployment's selector can never
change, so a version in it would make every upgrade fail.
*/}}
{{- define "tonegrid.selector" -}}
app.kubernetes.io/name: {{ include "tonegrid.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{/* The services' pods as the peers of a NetworkPolicy. */}}
{{- define "tonegrid.ownPods" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ include "tonegrid.name" . }}
      app.kubernetes.io/instance: {{ .Release.Name }}
      tonegrid/role: service
{{- end -}}

{{/* Labels of an object: the selector's and those that describe. */}}
{{- define "tonegrid.labels" -}}
{{ include "tonegrid.selector" . }}
app.kubernetes.io/part-of: tonegrid
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{/* The image, by digest when one is given (a tag can be moved, a digest cannot). */}}
{{- define "tonegrid.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Name and key of the ConfigMap that holds dsps.yaml. */}}
{{- define "tonegrid.dspsConfigMap" -}}
{{- default (printf "%s-dsps" (include "tonegrid.fullname" .)) .Values.dsps.existingConfigMap -}}
{{- end -}}

{{/* The text of dsps.yaml that this chart would write: the operator's, else the platform's own. */}}
{{- define "tonegrid.dspsContent" -}}
{{- default (.Files.Get "files/dsps.yaml") .Values.dsps.content -}}
{{- end -}}
