{{/* Who calls whom: the environment's name of the peer, by service. Calls are acyclic; the reverse direction is events. */}}
{{- define "throughline.peers" -}}
goals: []
performance: [goals]
budgeting: [goals, performance]
actionplanning: [goals, performance, budgeting]
gateway: [goals, actionplanning, budgeting, performance]
{{- end }}

{{/* The callers of a service, as a YAML list. */}}
{{- define "throughline.callers" -}}
{{- $service := .service }}
{{- range $caller, $peers := include "throughline.peers" . | fromYaml }}
{{- if has $service $peers }}
- {{ $caller }}
{{- end }}
{{- end }}
{{- end }}
