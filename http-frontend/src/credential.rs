//! What application passwords and tokens have in common: how they are shown, asked for and named.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use mailstore::accounts::{AppPassword, Token};
use mailstore::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::date;
use crate::input::param;
use crate::problem::Problem;
use crate::uses::{LastUse, Use};

/// An application password or a token. The text itself is not kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credential)]
pub(crate) struct Shown {
    /// Its name among those of its holder.
    pub(crate) id: String,
    /// What it is called.
    label: String,
    /// What it is good for.
    good_for: Vec<Use>,
    /// When it was made.
    #[schema(format = DateTime)]
    created: String,
    /// When it ends; absent if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    until: Option<String>,
    /// When it was last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_use: Option<LastUse>,
}

impl From<&AppPassword> for Shown {
    fn from(password: &AppPassword) -> Self {
        Self {
            id: password.id.clone(),
            label: password.label.clone(),
            good_for: Use::of_scopes(password.scopes),
            created: date::utc(password.created),
            until: password.until.map(date::utc),
            last_use: password.used.as_ref().map(LastUse::from),
        }
    }
}

impl From<&Token> for Shown {
    fn from(token: &Token) -> Self {
        Self {
            id: token.id.clone(),
            label: token.label.clone(),
            good_for: Use::of(&token.grant),
            created: date::utc(token.created),
            until: token.until.map(date::utc),
            last_use: token.used.as_ref().map(LastUse::from),
        }
    }
}

/// An application password or a token of a user to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCredential)]
pub(crate) struct New {
    /// What it is to be called.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub(crate) label: String,
    /// What it is to be good for: `imap`, `pop3`, `http`, `http-read`; a token also for `master`.
    #[schema(min_items = 1, max_items = 10)]
    pub(crate) good_for: Vec<Use>,
    /// When it is to end. Default: never.
    #[schema(format = DateTime)]
    until: Option<String>,
}

impl New {
    pub(crate) fn until(&self) -> Result<Option<Timestamp>, Problem> {
        date::given("until", self.until.as_deref())
    }
}

/// The application password or the token in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "it is the description that is used")]
pub(crate) struct Id {
    /// The id of one of them.
    #[param(min_length = 1, max_length = 100)]
    id: String,
}

/// The id in the path.
#[derive(Debug)]
pub(crate) struct Named(pub(crate) String);

impl FromRequestParts<Arc<Api>> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Result<Self, Problem> {
        param(parts, "id").await.map(Self)
    }
}

/// There was none to end.
pub(crate) fn no_such_id() -> Problem {
    Problem::not_found("id")
}
