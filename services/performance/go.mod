module github.com/throughline/throughline/services/performance

go 1.26.8

require (
	github.com/throughline/throughline/proto v0.0.0
	github.com/throughline/throughline/services/platform v0.0.0
)

replace github.com/throughline/throughline/proto => ../../proto

replace github.com/throughline/throughline/services/platform => ../platform
