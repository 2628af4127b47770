{{/* throughline, or RELEASE-throughline. */}}
{{- define "throughline.name" -}}
{{- if contains "throughline" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-throughline" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels that select the pods of a component; never change. Takes root and component. */}}
{{- define "throughline.selector" -}}
app.kubernetes.io/name: throughline
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "throughline.labels" -}}
{{ include "throughline.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: throughline
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* metadata of an object of a component, named after it. */}}
{{- define "throughline.metadata" -}}
name: {{ include "throughline.name" .root }}-{{ .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "throughline.labels" . | nindent 2 }}
{{- end }}

{{/* Takes root and program. */}}
{{- define "throughline.image" -}}
{{ .root.Values.image.prefix }}{{ .program }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* What every pod has: an account without rights, a user without privileges, no variables named after Services (they would read as settings). */}}
{{- define "throughline.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "throughline.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Replicas on several nodes and zones, if there are. Takes root and component. */}}
{{- define "throughline.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "throughline.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}

{{/* The collector's address; empty: nothing is exported. */}}
{{- define "throughline.otlp" -}}
{{- if .Values.telemetry.endpoint }}{{ .Values.telemetry.endpoint }}{{ else if .Values.collector.enabled }}{{ include "throughline.name" . }}-collector:4317{{ end }}
{{- end }}

{{/* Environment of telemetry, and the component's own settings, which win. Takes root and env. */}}
{{- define "throughline.environment" -}}
{{- $telemetry := .root.Values.telemetry }}
{{- $all := dict "THROUGHLINE_TELEMETRY_LOG_FORMAT" $telemetry.logFormat "THROUGHLINE_TELEMETRY_LOG_LEVEL" $telemetry.logLevel }}
{{- with include "throughline.otlp" .root }}
{{- $_ := set $all "THROUGHLINE_TELEMETRY_ENDPOINT" . }}
{{- $_ := set $all "THROUGHLINE_TELEMETRY_INSECURE" $telemetry.insecure }}
{{- $_ := set $all "THROUGHLINE_TELEMETRY_SAMPLE_RATIO" $telemetry.sampleRatio }}
{{- end }}
{{- range $name, $value := mergeOverwrite $all (.env | default dict) }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{/* Where the database is. */}}
{{- define "throughline.database" -}}
- {name: THROUGHLINE_DATABASE_URL, value: {{ .Values.database.url | quote }}}
- {name: THROUGHLINE_DATABASE_PASSWORD_FILE, value: /secrets/database-password}
{{- end }}

{{/* A projected source: one key of a Secret as a file. Takes secret (name and key) and path. */}}
{{- define "throughline.secretFile" -}}
- secret:
    name: {{ .secret.name }}
    items: [{key: {{ .secret.key }}, path: {{ .path }}}]
{{- end }}
