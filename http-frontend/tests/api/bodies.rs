//! What the description promises of bodies is held, field by field, as the description has it.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::Site;

/// An endpoint that takes a JSON body.
struct Endpoint {
    method: Method,
    path: String,
    schema: Value,
}

async fn description(site: &Site) -> Value {
    site.call(Method::GET, "/api/v1/openapi.json", "", "").await.ok(200)
}

fn endpoints(description: &Value) -> Vec<Endpoint> {
    let mut all = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            if !schema.is_null() {
                let path = path.replace("{user}", "1").replace("{mailbox}", "1");
                let path = path.replace("{uid}", "1").replace("{address}", "a@b.example");
                let path = path.replace("{id}", "0");
                let method = method.to_uppercase().parse().unwrap();
                all.push(Endpoint { method, path, schema: schema.clone() });
            }
        }
    }
    assert!(all.len() > 15, "{}", all.len());
    all
}

/// The schema itself, of one that may be elsewhere, and of a value that may be absent.
fn resolved<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(to) = schema["$ref"].as_str() {
        return resolved(description, description.pointer(to.trim_start_matches('#')).unwrap());
    }
    match schema["oneOf"].as_array() {
        Some(all) => {
            let some = all.iter().find(|one| one["type"] != "null").unwrap();
            resolved(description, some)
        }
        None => schema,
    }
}

fn is_a(schema: &Value, name: &str) -> bool {
    schema["type"] == name
        || schema["type"].as_array().is_some_and(|all| all.contains(&json!(name)))
}

/// A value of that schema, as small as it may be.
fn sample(description: &Value, schema: &Value) -> Value {
    let schema = resolved(description, schema);
    let least = |name: &str| schema[name].as_u64().unwrap_or(0) as usize;
    if let Some(known) = schema["enum"].as_array() {
        return known[0].clone();
    }
    if is_a(schema, "object") {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let one = |name: &Value| {
            let name = name.as_str().unwrap();
            (name.to_owned(), sample(description, &schema["properties"][name]))
        };
        return Value::Object(required.iter().map(one).collect());
    }
    if is_a(schema, "array") {
        return vec![sample(description, &schema["items"]); least("minItems")].into();
    }
    match is_a(schema, "string") {
        true => "x".repeat(least("minLength")).into(),
        false if is_a(schema, "boolean") => false.into(),
        false => least("minimum").into(),
    }
}

/// Values that break what a schema promises of them.
fn broken(description: &Value, schema: &Value) -> Vec<Value> {
    let schema = resolved(description, schema);
    let limit = |name: &str| schema[name].as_u64();
    let mut all = Vec::new();
    if let Some(most) = limit("maxLength") {
        all.push(json!("x".repeat(most as usize + 1)));
    }
    if limit("minLength").is_some_and(|least| least > 0) {
        all.push(json!(""));
    }
    if let Some(most) = limit("maxItems") {
        all.push(vec![sample(description, &schema["items"]); most as usize + 1].into());
    }
    if limit("minItems").is_some_and(|least| least > 0) {
        all.push(json!([]));
    }
    if let Some(most) = limit("maximum") {
        all.push(json!(most + 1));
    }
    if limit("minimum").is_some_and(|least| least > 0) {
        all.push(json!(0));
    }
    // The values of an object's fields are no object.
    if is_a(schema, "object") {
        let fields = schema["properties"].as_object().cloned().unwrap_or_default();
        all.push(fields.values().map(|field| sample(description, field)).collect());
    }
    all
}

/// Bodies with one field that is not as it must be, and where that field is.
fn bodies(description: &Value, schema: &Value) -> Vec<(String, Value)> {
    let whole = broken(description, schema).into_iter().map(|value| (String::new(), value));
    let mut all: Vec<_> = whole.collect();
    let schema = resolved(description, schema);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        for (within, value) in bodies(description, field) {
            let mut body = sample(description, schema);
            body[name] = value;
            let dot = if within.is_empty() || within.starts_with('[') { "" } else { "." };
            all.push((format!("{name}{dot}{within}"), body));
        }
    }
    if is_a(schema, "array") {
        for (within, value) in bodies(description, &schema["items"]) {
            let dot = if within.is_empty() { "" } else { "." };
            all.push((format!("[0]{dot}{within}"), json!([value])));
        }
    }
    all
}

#[tokio::test]
async fn what_the_description_promises_is_held() {
    let site = Site::new().await;
    site.upload("x\r\n").await;
    let description = description(&site).await;
    let mut tried = 0;
    for Endpoint { method, path, schema } in endpoints(&description) {
        for (field, body) in bodies(&description, &schema) {
            let answer = site.call(method.clone(), &path, &site.root, body.to_string()).await;
            assert_eq!(answer.status, 400, "{method} {path} {field}: {answer:?}");
            assert_eq!(answer.json()["errors"][0]["field"], field, "{method} {path} {body}");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
}

/// What is promised in words that nothing here knows is not held by anything.
#[tokio::test]
async fn nothing_else_is_promised() {
    let site = Site::new().await;
    let description = description(&site).await;
    let known = [
        "type",
        "properties",
        "required",
        "items",
        "oneOf",
        "enum",
        "$ref",
        "description",
        "format",
        "default",
        "additionalProperties",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
    ];
    for Endpoint { path, schema, .. } in endpoints(&description) {
        let mut left = vec![&schema];
        while let Some(schema) = left.pop() {
            let schema = match schema["$ref"].as_str() {
                Some(to) => description.pointer(to.trim_start_matches('#')).unwrap(),
                None => schema,
            };
            for (name, value) in schema.as_object().into_iter().flatten() {
                assert!(known.contains(&name.as_str()), "{path}: {name}");
                match name.as_str() {
                    "properties" => left.extend(value.as_object().unwrap().values()),
                    "oneOf" => left.extend(value.as_array().unwrap()),
                    "items" => left.push(value),
                    _ => {}
                }
            }
        }
    }
}
