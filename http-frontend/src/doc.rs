//! What the description of the API says besides the endpoints themselves.

use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoParams, IntoResponses, Modify};

use crate::problem::ProblemDocument;

/// The user in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "it is the description that is used")]
pub(crate) struct User {
    /// The number of a user's account, or `me`.
    #[param(pattern = "^(me|[0-9]{1,18})$")]
    user: String,
}

/// The mailbox in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "it is the description that is used")]
pub(crate) struct Mailbox {
    /// The number of a mailbox. INBOX is 1.
    #[param(minimum = 0)]
    mailbox: u32,
}

/// The message in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "it is the description that is used")]
pub(crate) struct Message {
    /// The UID of a message.
    #[param(minimum = 1)]
    uid: u32,
}

/// The tokens.
pub(crate) struct Tokens;

impl Modify for Tokens {
    fn modify(&self, api: &mut OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("token", scheme);
    }
}

/// Operations that are refused for no reason of how things stand.
const NEVER_IN_CONFLICT: [&str; 16] = [
    "sign_in",
    "sign_out",
    "change_user",
    "delete_user",
    "revoke_app_password",
    "revoke_user_token",
    "revoke_token",
    "disable_codes",
    "disable_second_factor",
    "rename_security_key",
    "remove_security_key",
    "remove_forward",
    "set_mail_key",
    "remove_mail_key",
    "search_messages",
    // What is refused is told in its lines.
    "change_messages",
];
/// Operations at which a password or a code is guessed.
const GUESSED_AT: [&str; 3] = ["sign_in", "ask_security_key", "change_user"];

/// Leaves of [`Problems`] what each operation may be answered with.
pub(crate) fn with_its_own_problems(mut api: OpenApi) -> OpenApi {
    for (path, item) in &mut api.paths.paths {
        let all = [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ];
        for (method, operation) in all {
            if let Some(operation) = operation {
                for status in never(method, path, operation) {
                    operation.responses.responses.remove(status);
                }
            }
        }
    }
    api
}

/// What an operation is never answered with.
fn never(method: &str, path: &str, operation: &Operation) -> Vec<&'static str> {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let has_body = operation.request_body.is_some();
    let is_asked_nothing = !has_body && operation.parameters.is_none();
    let needs_no_token = operation.security.is_some() && !has_body;
    let may_be_gone = path.contains("{user}") || method == "DELETE" && path.contains('{');
    let agrees = method == "GET" || NEVER_IN_CONFLICT.contains(&id);
    let rules: [(bool, &[&str]); 6] = [
        (!has_body, &["408", "413", "415"]),
        (is_asked_nothing, &["400"]),
        (needs_no_token, &["401", "403"]),
        (!may_be_gone, &["404"]),
        (agrees, &["409"]),
        (!GUESSED_AT.contains(&id), &["429"]),
    ];
    rules.iter().filter(|(holds, _)| *holds).flat_map(|(_, all)| all.iter().copied()).collect()
}

/// What requests may be answered with instead of what they asked for.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "it is the description that is used")]
pub(crate) enum Problems {
    /// A field of the request is not what it must be.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(#[to_schema] ProblemDocument),
    /// There is no token, or it is not valid.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(#[to_schema] ProblemDocument),
    /// The token does not allow this.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(#[to_schema] ProblemDocument),
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[to_schema] ProblemDocument),
    /// The body did not come in time.
    #[response(status = 408, content_type = "application/problem+json")]
    RequestTimeout(#[to_schema] ProblemDocument),
    /// It cannot be done as things stand.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(#[to_schema] ProblemDocument),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(#[to_schema] ProblemDocument),
    /// The body is of another type.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(#[to_schema] ProblemDocument),
    /// Too many attempts.
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(#[to_schema] ProblemDocument),
    /// What was read is not what was written.
    #[response(status = 500, content_type = "application/problem+json")]
    Damaged(#[to_schema] ProblemDocument),
    /// The store is busy, or out of reach.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(#[to_schema] ProblemDocument),
}
