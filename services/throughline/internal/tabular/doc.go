// Package tabular reads files of rows, delimited or JSON lines, and the declarative mappings that say what their columns mean.
package tabular
