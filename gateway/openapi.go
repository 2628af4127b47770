package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	throughline "github.com/throughline/throughline/proto"
)

// object is a JSON object of the OpenAPI document.
type object = map[string]any

// describe completes the generated OpenAPI document with what the gateway adds to the contracts: conditional requests,
// idempotency keys, media types of streams, merge patches, who needs a token, and every part of a problem.
// Errors: a document that is not what the routes are.
func describe(rs routes) ([]byte, error) {
	var document object
	if err := json.Unmarshal(throughline.OpenAPI, &document); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	document["servers"] = []any{object{"url": "/"}}
	document["security"] = []any{object{"bearer": []any{}}}
	completeProblem(document)
	operations := operationsOf(document)
	for _, r := range rs {
		operation, ok := operations[r.operation()]
		if !ok {
			return nil, fmt.Errorf("the OpenAPI document lacks the operation %s", r.operation())
		}
		r.describe(operation)
	}
	data, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return data, nil
}

// operationsOf finds the document's operations by their ids.
func operationsOf(document object) map[string]object {
	found := map[string]object{}
	for _, item := range child(document, "paths") {
		methods, _ := item.(object)
		for _, value := range methods {
			if operation, ok := value.(object); ok {
				if id, ok := operation["operationId"].(string); ok {
					found[id] = operation
				}
			}
		}
	}
	return found
}

// describe adds to an operation what is true of the route.
func (r *route) describe(operation object) {
	success := child(operation, "responses", "200")
	if strings.Contains(r.template, "**") { // which OpenAPI has no words for
		operation["description"] = "The path takes the name of any resource, of the organization itself as of all below it, such as " +
			"/v1/organizations/{organization}/plans/{plan}/goals/{goal}:zoom."
	}
	if r.access.GetAnonymous() {
		operation["security"] = []any{object{"bearer": []any{}}, object{}}
	}
	if r.method.IsStreamingClient() {
		rename(child(operation, "requestBody", "content"), typeJSON, typeNDJSON)
		child(operation, "requestBody")["description"] = "One message per line; the limit of a body's size holds for each line."
	}
	switch {
	case r.file():
		success["content"] = object{"*/*": object{"schema": object{"type": "string", "format": "binary"}}}
		success["description"] = "The file, with its media type."
		if r.streams() {
			success["description"] = "The file, with its media type. A file that is cut short ends without the end of its HTTP message."
		}
		success["headers"] = object{"Content-Disposition": object{"description": "Name of the file.", "schema": object{"type": "string"}}}
	case r.method.IsStreamingServer():
		rename(child(success, "content"), typeJSON, typeNDJSON)
		success["description"] = `One message per line. A failure after the first is the last line: {"error": problem}.`
	}
	input, output := r.method.Input().Fields(), r.method.Output().Fields()
	if r.verb == http.MethodPatch {
		content := child(operation, "requestBody", "content")
		content[typeMergePatch] = content[typeJSON]
		child(operation, "requestBody")["description"] = "Without updateMask the fields that are named change, each as a whole; as a merge patch (RFC 7396), objects merge."
	}
	if r.access.GetMutation() && input.ByName("request_id") != nil {
		addHeader(operation, "Idempotency-Key", "The same as requestId: a repeat within 7 days answers the first response.")
	}
	if r.access.GetMutation() && (input.ByName("etag") != nil || r.verb == http.MethodPatch) {
		addHeader(operation, "If-Match", "The ETag that was read: the call is refused with 412 if the resource has changed since.")
	}
	if output.ByName("etag") == nil || r.streams() {
		return
	}
	success["headers"] = object{"ETag": object{"description": "Version of the resource.", "schema": object{"type": "string"}}}
	if r.verb == http.MethodGet {
		addHeader(operation, "If-None-Match", "The ETag that is at hand: 304 if the resource has not changed since.")
		child(operation, "responses")["304"] = object{"description": "Not changed."}
	}
}

func addHeader(operation object, name, description string) {
	parameters, _ := operation["parameters"].([]any)
	operation["parameters"] = append(parameters, object{
		"name": name, "in": "header", "description": description, "schema": object{"type": "string"},
	})
}

func completeProblem(document object) {
	properties := child(document, "components", "schemas", "Problem", "properties")
	properties["metadata"] = object{
		"type": "object", "additionalProperties": object{"type": "string"}, "description": "Facts about the failure, such as the resource's name.",
	}
	field := child(properties, "violations", "items", "properties", "field")
	field["description"] = "Path of the field in the body as it was sent, such as period.endDate; or a query parameter or header."
}

// child goes down by keys; a missing one gives an object of its own, so that writing to it changes nothing.
func child(of object, keys ...string) object {
	for _, key := range keys {
		next, ok := of[key].(object)
		if !ok {
			return object{}
		}
		of = next
	}
	return of
}

func rename(of object, from, to string) {
	if value, ok := of[from]; ok {
		of[to] = value
		delete(of, from)
	}
}
