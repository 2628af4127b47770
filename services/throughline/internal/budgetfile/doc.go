// Package budgetfile turns a city's own budget files into funds, programs, line items and program requests, by a declarative mapping.
package budgetfile
