//! What a plane's API schema promises, held against what its doors answer.
use serde_json::{Map, Value};

/// A committed OpenAPI document: `docs/api/data-plane.json`.
#[derive(Debug)]
pub struct Schema(Value);

impl Schema {
    /// Reads a document.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text).map(Self)
    }

    /// The paths that answer this method, in lower case: `get`.
    pub fn paths(&self, method: &str) -> Vec<&str> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        paths.filter(|(_, verbs)| verbs.get(method).is_some()).map(|(path, _)| path.as_str()).collect()
    }

    /// Whether a door names this header among what it takes.
    pub fn takes_header(&self, method: &str, path: &str, header: &str) -> bool {
        let mut taken = self.0["paths"][path][method]["parameters"].as_array().into_iter().flatten();
        taken.any(|parameter| parameter["in"] == "header" && parameter["name"] == header)
    }

    /// The differences between an answer and what its door promises; none where the schema has no such door.
    pub fn broken_promises(&self, method: &str, path: &str, status: u16, body: &Value) -> Vec<String> {
        let method = method.to_ascii_lowercase();
        let Some(door) = self.door(&method, path) else { return Vec::new() };
        let responses = &self.0["paths"][door][&method]["responses"];
        let promised = responses.get(status.to_string()).unwrap_or(&responses["default"]);
        let media = if status < 400 { "application/json" } else { "application/problem+json" };
        let schema = &promised["content"][media]["schema"];
        let mut wrong = Vec::new();
        match (schema.is_null(), body.is_null()) {
            (true, true) => {}
            (true, false) => wrong.push(format!("{method} {door}: no body is promised with {status}")),
            _ => self.compare(schema, body, &format!("{method} {door}: "), &mut wrong),
        }
        wrong
    }

    /// The path template that a path fits; one without parameters first.
    fn door(&self, method: &str, path: &str) -> Option<&str> {
        let path: Vec<&str> = path.split('?').next().unwrap_or(path).split('/').collect();
        let fits = |door: &&str| {
            let parts: Vec<&str> = door.split('/').collect();
            parts.len() == path.len()
                && parts.iter().zip(&path).all(|(part, seen)| part.starts_with('{') || part == seen)
        };
        self.paths(method).into_iter().filter(fits).min_by_key(|door| door.matches('{').count())
    }

    fn followed<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str().and_then(|address| address.rsplit('/').next());
        name.map_or(schema, |name| &self.0["components"]["schemas"][name])
    }

    fn compare(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        let schema = self.followed(schema);
        if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            if !choices.iter().any(|choice| self.is(choice, value)) {
                wrong.push(format!("{at} is none of its kinds: {value}"));
            }
            return;
        }
        if !has_type(schema, value) {
            wrong.push(format!("{at} is no {}: {value}", schema["type"]));
        } else if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
            wrong.push(format!("{at} is none of {}: {value}", schema["enum"]));
        }
        for (n, item) in value.as_array().into_iter().flatten().enumerate() {
            self.compare(&schema["items"], item, &format!("{at}[{n}]"), wrong);
        }
        if let Some(members) = value.as_object() {
            self.compare_members(schema, members, at, wrong);
        }
    }

    fn is(&self, schema: &Value, value: &Value) -> bool {
        let mut wrong = Vec::new();
        self.compare(schema, value, "", &mut wrong);
        wrong.is_empty()
    }

    fn compare_members(&self, schema: &Value, members: &Map<String, Value>, at: &str, wrong: &mut Vec<String>) {
        let parts = self.parts(schema);
        let named = |name: &str| parts.iter().find_map(|part| part["properties"].get(name));
        let is_free = parts.iter().all(|part| part.get("properties").is_none());
        for (name, value) in members {
            match named(name) {
                Some(schema) => self.compare(schema, value, &format!("{at}.{name}"), wrong),
                None if is_free
                    || parts.iter().any(|part| part.get("additionalProperties").is_some_and(Value::is_object)) => {}
                None => wrong.push(format!("{at}.{name} is not in the schema")),
            }
        }
        let required = parts.iter().flat_map(|part| part["required"].as_array().into_iter().flatten());
        let missing = required.filter_map(Value::as_str).filter(|name| !members.contains_key(*name));
        wrong.extend(missing.map(|name| format!("{at}.{name} is missing")));
    }

    /// A schema and those it is put together from.
    fn parts<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.followed(schema);
        let inner = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| self.parts(part));
        std::iter::once(schema).chain(inner).collect()
    }
}

fn has_type(schema: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("null") => value.is_null(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    match &schema["type"] {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    }
}
