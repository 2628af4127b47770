package main

import (
	"encoding/json"
	"strings"
)

const statusSchema = "google.rpc.Status"

func info() object {
	return object{
		"title":       "Throughline",
		"version":     "v1",
		"description": "Strategic planning, action planning, budgeting and performance of local government in one API.",
		"license":     object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
	}
}

// addComponents declares what every operation shares: the problem document (RFC 9457) and bearer authentication.
func addComponents(doc object) {
	components, _ := doc["components"].(object)
	if components == nil {
		components = object{}
		doc["components"] = components
	}
	schemas, _ := components["schemas"].(object)
	if schemas == nil {
		schemas = object{}
		components["schemas"] = schemas
	}
	schemas["Problem"] = problemSchema()
	components["responses"] = object{"Problem": object{
		"description": "The request failed; the body says why (RFC 9457).",
		"content": object{"application/problem+json": object{
			"schema": object{"$ref": "#/components/schemas/Problem"},
		}},
	}}
	components["securitySchemes"] = object{
		"bearer": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
	}
	// The empty alternative stands for the anonymous public reads.
	doc["security"] = []any{object{"bearer": []any{}}, object{}}

	delete(schemas, statusSchema)
	if text, err := json.Marshal(doc); err == nil && strings.Contains(string(text), "schemas/"+statusSchema+`"`) {
		// Streams still end with a status, in their last line.
		schemas[statusSchema] = object{"type": "object", "description": "The error that ended a stream."}
	}
}

func problemSchema() object {
	text := func(description string) object { return object{"type": "string", "description": description} }
	return object{
		"type":        "object",
		"description": "Why a request failed (RFC 9457).",
		"required":    []any{"type", "title", "status"},
		"properties": object{
			"type":     text("URI reference of the kind of problem."),
			"title":    text("The kind of problem in a few words."),
			"status":   object{"type": "integer", "format": "int32", "description": "HTTP status code."},
			"detail":   text("What went wrong this time."),
			"instance": text("Path of the request."),
			"reason":   text("Stable UPPER_SNAKE_CASE reason (AIP-193)."),
			"violations": object{
				"type":        "array",
				"description": "Every bad field, not only the first.",
				"items": object{
					"type":     "object",
					"required": []any{"field", "detail"},
					"properties": object{
						"field":  text("Path of the field, such as plan.period.end_date."),
						"detail": text("What is wrong, and what would mend it."),
					},
				},
			},
		},
	}
}
