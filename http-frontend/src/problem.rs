//! What HTTP says when something cannot be done: problem documents (RFC 9457), and the one table of
//! statuses.

use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use mailstore::Error;
use mailstore::accounts::AccountError;
use mailstore::change::Refusal;
use mailstore::store::directory::Verdict;
use mailstore::store::{Fault, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::second_factor::Wanted;

/// Seconds after which a client may try again when the store was busy or out of reach.
const SOON: u32 = 2;

/// Why a request was not done. Boxed, for it is seldom that there is one.
#[derive(Debug)]
pub(crate) struct Problem(Box<Told>);

#[derive(Debug)]
struct Told {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<String>,
    factors: Vec<Wanted>,
    header: Option<(HeaderName, HeaderValue)>,
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// Always `about:blank`: the status says what kind of problem it is.
    r#type: &'static str,
    /// What the status means.
    title: &'static str,
    /// The status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// A word for programs.
    code: &'static str,
    /// What is wrong this time, for people.
    detail: String,
    /// The fields that are wrong, if it is fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// Of `code-wanted`: which second factors would be taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    second_factors: Vec<Wanted>,
}

/// A field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Where it stands: a name in the query or the path, or the path to it in the body.
    field: String,
    /// What is wrong with it.
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let (detail, field, factors) = (detail.into(), None, Vec::new());
        Self(Box::new(Told { status, code, detail, field, factors, header: None }))
    }

    /// A field of the request is not what it must be.
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "bad-field", detail);
        problem.of(field)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("there is no such {what}"))
    }

    pub(crate) fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// Nobody has shown who asks (RFC 6750 3).
    pub(crate) fn unauthorized(detail: &str) -> Self {
        let problem = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail);
        problem.with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"mailstore\""))
    }

    /// The password is right, and one of these has to come with it.
    pub(crate) fn factor_wanted(factors: Vec<Wanted>) -> Self {
        let mut problem = Self::unauthorized("the second factor is wanted");
        problem.0.code = "code-wanted";
        problem.0.factors = factors;
        problem.of("code")
    }

    pub(crate) fn too_large(limit: u64) -> Self {
        let detail = format!("the body is larger than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    }

    /// There was no memory in time.
    pub(crate) fn busy() -> Self {
        let detail = "too much is under way; try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).retry(SOON)
    }

    /// Says which field it is about.
    pub(crate) fn of(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// With a header of its own.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    fn retry(self, seconds: u32) -> Self {
        self.with(RETRY_AFTER, HeaderValue::from(seconds))
    }

    fn document(self) -> ProblemDocument {
        let Told { status, code, detail, field, factors, .. } = *self.0;
        ProblemDocument {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            errors: field
                .map(|field| FieldProblem { field, detail: detail.clone() })
                .into_iter()
                .collect(),
            detail,
            second_factors: factors,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let (status, header) = (self.0.status, self.0.header.take());
        let body = serde_json::to_vec(&self.document()).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, body).into_response();
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response.headers_mut().extend(header);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Store(error) => error.into(),
            Error::NotEncrypted(_) => {
                Self::new(StatusCode::CONFLICT, "not-encrypted", error.to_string())
            }
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "not possible now"),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "an HTTP request failed");
        let unavailable =
            |code, detail| Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry(SOON);
        match error.fault {
            Fault::Contended => unavailable("busy", "the store is busy"),
            Fault::Unavailable => unavailable("unavailable", "the store is not available"),
            Fault::Corrupt => {
                let detail = "what was read is not what was written; the log says more";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "damaged", detail)
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match refusal {
            Refusal::NoSuchMailbox | Refusal::MessageGone => (StatusCode::NOT_FOUND, "not-found"),
            Refusal::MailboxExists => (StatusCode::CONFLICT, "exists"),
            Refusal::BadName(_) => return Self::field("name", refusal.to_string()),
            Refusal::NoRight => (StatusCode::FORBIDDEN, "forbidden"),
            Refusal::OverQuota => (StatusCode::CONFLICT, "over-quota"),
            Refusal::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            Refusal::TooMany { .. } | Refusal::ValueTooLarge { .. } => {
                (StatusCode::BAD_REQUEST, "too-many")
            }
            Refusal::BadFilter { number } => {
                return Self::field(format!("filters[{number}]"), refusal.to_string());
            }
            _ => (StatusCode::CONFLICT, "refused"),
        };
        Self::new(status, code, refusal.to_string())
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let detail = error.to_string();
        match error {
            AccountError::Store(error) => error.into(),
            AccountError::NoSuchUser(_) => Self::not_found("user"),
            AccountError::NoSuchAddress(_) => Self::not_found("address"),
            AccountError::NameTaken(_) => {
                Self::new(StatusCode::CONFLICT, "exists", detail).of("name")
            }
            AccountError::AddressTaken(_) => {
                Self::new(StatusCode::CONFLICT, "exists", detail).of("address")
            }
            AccountError::Name { .. } => Self::field("name", detail),
            #[cfg(feature = "webauthn")]
            AccountError::SecurityKey(_) => Self::field("attestation", detail),
            AccountError::MailKey(_) => Self::field("key", detail),
            AccountError::Label { .. } => Self::field("label", detail),
            AccountError::Scopes(_) => Self::field("good_for", detail),
            AccountError::WrongCode => Self::forbidden(&detail).of("code"),
            AccountError::Mail(error) => error.into(),
            AccountError::Password(_) => Self::field("password", detail),
            _ => Self::new(StatusCode::CONFLICT, "refused", detail),
        }
    }
}

/// A login that was not accepted.
impl From<&Verdict> for Problem {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Disabled => Self::forbidden("the account is disabled"),
            Verdict::Forbidden => Self::forbidden("not allowed"),
            Verdict::Throttled { seconds } => {
                let detail = format!("too many attempts; try again in {seconds} s");
                let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "throttled", detail);
                problem.retry(*seconds)
            }
            _ => Self::unauthorized("wrong name or password"),
        }
    }
}
