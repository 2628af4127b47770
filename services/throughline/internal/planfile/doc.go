// Package planfile reads a plan's hierarchy, such as chapters, goals and policies, from JSON or a delimited file by a mapping.
package planfile
