{{- define "oroslotsen.labels" -}}
app.kubernetes.io/name: oroslotsen
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "oroslotsen.selector" -}}
app.kubernetes.io/name: oroslotsen
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "oroslotsen.hardened" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* Kubernetes' own probes call from outside the loopback that this listens on. */ -}}
{{- define "oroslotsen.askLoopback" -}}
exec:
  command:
    - python
    - -c
    - from urllib.request import urlopen; urlopen('http://127.0.0.1:{{ . }}', timeout=4)
{{- end }}

{{- define "oroslotsen.token" -}}
- name: RASA_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .Values.secret }}
      key: RASA_TOKEN
{{- end }}
