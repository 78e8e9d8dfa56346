//! What the description promises of a body is so: types, lengths and limits, looked at in one place.
//!
//! Fields that are unknown or missing are refused where the body is read; but that would take a list
//! of values for an object of them, and knows no limits.

use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

use crate::problem::Problem;

/// How a schema of the description is named.
const PLACE: &str = "#/components/schemas/";

/// The schemas of a description, by their names.
#[derive(Debug, Default)]
pub(crate) struct Schemas(Value);

impl Schemas {
    pub(crate) fn of(description: &OpenApi) -> Self {
        let mut components = serde_json::to_value(&description.components).unwrap_or_default();
        Self(components["schemas"].take())
    }

    /// Refuses what is not as the schema of that name has it, naming the field.
    pub(crate) fn check(&self, name: &str, body: &Value) -> Result<(), Problem> {
        self.fits(&self.0[name], body, "").map_err(Problem::from)
    }

    fn fits(&self, schema: &Value, value: &Value, field: &str) -> Result<(), Misfit> {
        if let Some(name) = schema["$ref"].as_str().and_then(|to| to.strip_prefix(PLACE)) {
            return self.fits(&self.0[name], value, field);
        }
        if let Some(all) = schema["oneOf"].as_array() {
            return self.fits_one(all, value, field);
        }
        typed(schema, value, field)?;
        limits(schema, value, field)?;
        match value {
            Value::Object(given) => self.fields_fit(schema, given, field),
            Value::Array(given) => given.iter().enumerate().try_for_each(|(at, value)| {
                self.fits(&schema["items"], value, &format!("{field}[{at}]"))
            }),
            _ => Ok(()),
        }
    }

    fn fields_fit(
        &self,
        schema: &Value,
        given: &Map<String, Value>,
        field: &str,
    ) -> Result<(), Misfit> {
        let required = schema["required"].as_array().into_iter().flatten();
        let mut required = required.filter_map(Value::as_str);
        if let Some(name) = required.find(|name| !given.contains_key(*name)) {
            return Err(misfit(field, format!("{name} is missing")));
        }
        given.iter().try_for_each(|(name, value)| {
            let dot = if field.is_empty() { "" } else { "." };
            self.fits(&schema["properties"][name], value, &format!("{field}{dot}{name}"))
        })
    }

    /// Of what fits none, it is told what is wrong with what it comes nearest to.
    fn fits_one(&self, all: &[Value], value: &Value, field: &str) -> Result<(), Misfit> {
        let mut nearest: Option<Misfit> = None;
        for schema in all {
            let Err(misfit) = self.fits(schema, value, field) else { return Ok(()) };
            if nearest.as_ref().is_none_or(|other| other.field.len() < misfit.field.len()) {
                nearest = Some(misfit);
            }
        }
        nearest.map_or(Ok(()), Err)
    }
}

/// Refuses a text of a query that is not as its schema has it.
pub(crate) fn check_text(schema: &Value, field: &str, text: &str) -> Result<(), Problem> {
    let value = match text.parse() {
        Ok(number) if is_a(schema, "integer") => Value::Number(number),
        _ => Value::from(text),
    };
    limits(schema, &value, field).map_err(Problem::from)
}

/// What is wrong with which field.
struct Misfit {
    field: String,
    why: String,
}

impl From<Misfit> for Problem {
    fn from(Misfit { field, why }: Misfit) -> Self {
        Self::field(field, why)
    }
}

fn misfit(field: &str, why: impl Into<String>) -> Misfit {
    Misfit { field: field.to_owned(), why: why.into() }
}

/// Whether values of the schema may be of that type.
fn is_a(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(one) => one == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    }
}

fn typed(schema: &Value, value: &Value, field: &str) -> Result<(), Misfit> {
    let (name, fits) = match value {
        Value::Null => ("null", is_a(schema, "null")),
        Value::Bool(_) => ("a boolean", is_a(schema, "boolean")),
        Value::Number(_) => ("a number", is_a(schema, "integer") || is_a(schema, "number")),
        Value::String(_) => ("a string", is_a(schema, "string")),
        Value::Array(_) => ("a list", is_a(schema, "array")),
        Value::Object(_) => ("an object", is_a(schema, "object")),
    };
    match fits || schema["type"].is_null() {
        true => Ok(()),
        false => Err(misfit(field, format!("{name} cannot stand here"))),
    }
}

fn limits(schema: &Value, value: &Value, field: &str) -> Result<(), Misfit> {
    let (least, most, count, of) = match value {
        Value::String(text) => {
            ("minLength", "maxLength", Some(text.chars().count()), " characters")
        }
        Value::Array(items) => ("minItems", "maxItems", Some(items.len()), " entries"),
        Value::Number(number) => {
            let number = number.as_u64().and_then(|number| usize::try_from(number).ok());
            ("minimum", "maximum", number, "")
        }
        _ => return Ok(()),
    };
    // A number below zero is one that its type refuses.
    let Some(count) = count.map(|count| count as u64) else { return Ok(()) };
    match (schema[least].as_u64(), schema[most].as_u64()) {
        (Some(least), _) if count < least => Err(misfit(field, format!("less than {least}{of}"))),
        (_, Some(most)) if count > most => Err(misfit(field, format!("more than {most}{of}"))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(body: &Value) -> String {
        let schemas = json!({
            "Small": { "type": "integer", "maximum": 9 },
            "Thing": { "type": "object", "properties": {
                "name": { "type": ["string", "null"], "minLength": 1, "maxLength": 3 },
                "of": { "type": "array", "maxItems": 2, "items": { "oneOf": [
                    { "type": "string", "enum": ["all"] },
                    { "type": "object", "required": ["n"], "properties": { "n": { "$ref": "#/components/schemas/Small" } } },
                ] } },
            } },
        });
        match Schemas(schemas).fits(&json!({ "$ref": "#/components/schemas/Thing" }), body, "") {
            Ok(()) => String::new(),
            Err(Misfit { field, why }) => format!("{field}: {why}"),
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (body, said) in [
            (json!({ "name": "æøå", "of": ["all", { "n": 9 }], "more": 1 }), ""),
            (json!({ "name": null, "of": [] }), ""),
            (json!(["x"]), ": a list cannot stand here"),
            (json!({ "name": "" }), "name: less than 1 characters"),
            (json!({ "name": "four" }), "name: more than 3 characters"),
            (json!({ "name": { "x": 1 } }), "name: an object cannot stand here"),
            (json!({ "of": ["all", "all", "all"] }), "of: more than 2 entries"),
            (json!({ "of": [{ "n": 10 }] }), "of[0].n: more than 9"),
            (json!({ "of": [[9]] }), "of[0]: a list cannot stand here"),
            (json!({ "of": [{ "m": 1 }] }), "of[0]: an object cannot stand here"),
            (json!({ "of": [{ "m": [] , "n": 1 }] }), ""),
        ] {
            assert_eq!(wrong(&body), said, "{body}");
        }
    }
}
