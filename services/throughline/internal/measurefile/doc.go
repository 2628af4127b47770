// Package measurefile turns a city's own files of performance measures into measures, their targets and their values, by a declarative mapping.
package measurefile
