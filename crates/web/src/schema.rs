//! What the schema of a door says without being told: the key of a POST, the version a change needs, and how a refusal looks.
use axum::http::StatusCode;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, Response};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::Problem;

/// Completes the schema of a plane: every POST takes an `Idempotency-Key`, a door that lists 412 takes `If-Match`, one that takes a body
/// may find it wrong, and whatever is refused is refused by a [`Problem`].
pub fn complete(schema: &mut OpenApi) {
    for paths in schema.paths.paths.values_mut() {
        paths.post.iter_mut().for_each(|door| demand(door, key(), &[400, 422]));
        let doors = [&mut paths.get, &mut paths.post, &mut paths.put, &mut paths.patch, &mut paths.delete];
        doors.into_iter().flatten().for_each(complete_door);
    }
    let schemas = &mut schema.components.get_or_insert_default().schemas;
    let mut parts = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut parts);
    schemas.extend(parts);
}

fn complete_door(door: &mut Operation) {
    if door.responses.responses.contains_key("412") {
        demand(door, version(), &[400, 428]);
    }
    if door.request_body.is_some() {
        may_answer(door, &[400, 413, 415, 422]);
    }
    door.responses.responses.entry("default".to_owned()).or_insert_with(|| Response::new("Another refusal.").into());
    for (status, response) in &mut door.responses.responses {
        let refuses = status.parse().map_or(status == "default", |status: u16| status >= 400);
        if let (true, RefOr::T(response)) = (refuses, response) {
            let body = Content::new(Some(Ref::from_schema_name(Problem::name())));
            response.content.entry("application/problem+json".to_owned()).or_insert(RefOr::T(body));
            if response.description.is_empty() {
                response.description = reason(status).to_owned();
            }
        }
    }
}

/// The key that makes a POST safe to repeat.
fn key() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(8)).max_length(Some(128));
    header("Idempotency-Key", "Visible ASCII. The same request under the same key is carried out once.", text)
}

/// The version that a change needs.
fn version() -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^\"[0-9]+\"$"));
    header("If-Match", "The `ETag` last read: a change of something that has changed since is refused.", text)
}

fn header(name: &str, description: &str, text: ObjectBuilder) -> Parameter {
    let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(Required::True);
    header.description(Some(description)).schema(Some(text)).build()
}

/// Names a header that a door takes, and how it refuses one that is wrong.
fn demand(door: &mut Operation, header: Parameter, refusals: &[u16]) {
    door.parameters.get_or_insert_default().push(RefOr::T(header));
    may_answer(door, refusals);
}

fn may_answer(door: &mut Operation, statuses: &[u16]) {
    for status in statuses {
        let status = status.to_string();
        let refusal = Response::new(reason(&status));
        door.responses.responses.entry(status).or_insert(refusal.into());
    }
}

fn reason(status: &str) -> &'static str {
    status.parse().ok().and_then(|status: StatusCode| status.canonical_reason()).unwrap_or_default()
}
