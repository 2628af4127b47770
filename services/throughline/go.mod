module github.com/throughline/throughline/services/throughline

go 1.26.8

require (
	github.com/throughline/throughline/gateway v0.0.0
	github.com/throughline/throughline/proto v0.0.0
	github.com/throughline/throughline/services/actionplanning v0.0.0
	github.com/throughline/throughline/services/budgeting v0.0.0
	github.com/throughline/throughline/services/goals v0.0.0
	github.com/throughline/throughline/services/performance v0.0.0
	github.com/throughline/throughline/services/platform v0.0.0
)

require (
	go.yaml.in/yaml/v3 v3.0.5
	golang.org/x/text v0.43.0
)

require pgregory.net/rapid v1.3.0

replace github.com/throughline/throughline/proto => ../../proto

replace github.com/throughline/throughline/services/platform => ../platform

replace github.com/throughline/throughline/services/goals => ../goals

replace github.com/throughline/throughline/services/actionplanning => ../actionplanning

replace github.com/throughline/throughline/services/budgeting => ../budgeting

replace github.com/throughline/throughline/services/performance => ../performance

replace github.com/throughline/throughline/gateway => ../../gateway
