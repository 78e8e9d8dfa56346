//! `/users/{user}/filters`: what a user wants done with mail that comes in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use mailstore::filter::{Action, Attachment, Condition, Filter, FilterState};
use mailstore::flags::Keyword;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::doc::Problems;
use crate::input::Given;
use crate::problem::Problem;
use crate::request::Owner;

/// The filters of a user, in the order in which they are tried.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filters {
    /// The filters.
    #[schema(max_items = 400)]
    filters: Vec<Shown>,
}

/// What is to be done with which mail.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Filter)]
pub(crate) struct Shown {
    /// What its user calls it.
    #[schema(min_length = 1, max_length = 1000)]
    name: String,
    /// Is it in force?
    #[serde(default = "yes")]
    enabled: bool,
    /// All of these must hold; with none of them it is for every message.
    #[serde(default)]
    #[schema(max_items = 32)]
    conditions: Vec<If>,
    /// What is done then.
    #[serde(default)]
    #[schema(max_items = 32)]
    actions: Vec<Then>,
}

fn yes() -> bool {
    true
}

/// Something about a message. Texts are found anywhere in a field, in any case.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Condition)]
pub(crate) enum If {
    /// In `From`.
    From(String),
    /// In `To` or `Cc`.
    To(String),
    /// In `Subject`.
    Subject(String),
    /// In `List-Id`.
    ListId(String),
    /// In the text of the body.
    Text(String),
    /// It has an attachment, or has none.
    Attachment(bool),
    /// It has more bytes than this.
    Larger(u64),
    /// It has fewer bytes than this.
    Smaller(u64),
    /// It was sent to `user+label@...` with exactly this label.
    Label(String),
}

/// What is done with a message.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Action)]
pub(crate) enum Then {
    /// It is filed into the mailbox of this full name.
    File(String),
    /// It is filed as junk.
    Junk,
    /// It gets `\Flagged`.
    Flag,
    /// It gets `\Seen`.
    Seen,
    /// It gets a keyword.
    Keyword(String),
    /// It is not kept.
    Discard,
    /// It is also sent to this address.
    Forward(String),
    /// Its sender is answered with this text.
    Reply(String),
    /// No later filter is tried.
    Stop,
}

/// The filters of a user.
#[utoipa::path(get, path = "/users/{user}/filters", tag = "Users", params(crate::doc::User),
    responses((status = 200, body = Filters), Problems))]
pub(crate) async fn read_filters(
    State(api): State<Arc<Api>>,
    Owner(owner): Owner,
) -> Result<Json<Filters>, Problem> {
    let filters = api.store.filters(owner.account()).await?.into_iter().map(Shown::from).collect();
    Ok(Json(Filters { filters }))
}

/// Replaces the filters of a user, all or none.
#[utoipa::path(put, path = "/users/{user}/filters", tag = "Users", params(crate::doc::User),
    request_body = Filters, responses((status = 200, body = Filters), Problems))]
pub(crate) async fn set_filters(
    State(api): State<Arc<Api>>,
    Owner(owner): Owner,
    Given(given): Given<Filters>,
) -> Result<Json<Filters>, Problem> {
    let filters = given.filters.into_iter().enumerate().map(|(at, shown)| shown.filter(at));
    let filters = filters.collect::<Result<Vec<_>, _>>()?;
    api.store.set_filters(owner.actor(), &filters).await?;
    read_filters(State(api), Owner(owner)).await
}

impl Shown {
    fn filter(self, number: usize) -> Result<Filter, Problem> {
        let field = |at: usize| format!("filters[{number}].actions[{at}]");
        let actions = self.actions.into_iter().enumerate().map(|(at, then)| {
            then.action().ok_or_else(|| Problem::field(field(at), "that is not a keyword"))
        });
        Ok(Filter {
            name: self.name,
            state: if self.enabled { FilterState::On } else { FilterState::Off },
            conditions: self.conditions.into_iter().map(Condition::from).collect(),
            actions: actions.collect::<Result<_, _>>()?,
        })
    }
}

impl From<Filter> for Shown {
    fn from(filter: Filter) -> Self {
        Self {
            name: filter.name,
            enabled: filter.state == FilterState::On,
            conditions: filter.conditions.into_iter().map(If::from).collect(),
            actions: filter.actions.into_iter().map(Then::from).collect(),
        }
    }
}

impl From<If> for Condition {
    fn from(given: If) -> Self {
        match given {
            If::From(text) => Self::From(text),
            If::To(text) => Self::To(text),
            If::Subject(text) => Self::Subject(text),
            If::ListId(text) => Self::ListId(text),
            If::Text(text) => Self::Text(text),
            If::Attachment(true) => Self::Attachment(Attachment::Some),
            If::Attachment(false) => Self::Attachment(Attachment::None),
            If::Larger(bytes) => Self::Larger(bytes),
            If::Smaller(bytes) => Self::Smaller(bytes),
            If::Label(text) => Self::Label(text),
        }
    }
}

impl From<Condition> for If {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::From(text) => Self::From(text),
            Condition::To(text) => Self::To(text),
            Condition::Subject(text) => Self::Subject(text),
            Condition::ListId(text) => Self::ListId(text),
            Condition::Text(text) => Self::Text(text),
            Condition::Attachment(attachment) => Self::Attachment(attachment == Attachment::Some),
            Condition::Larger(bytes) => Self::Larger(bytes),
            Condition::Smaller(bytes) => Self::Smaller(bytes),
            Condition::Label(text) => Self::Label(text),
        }
    }
}

impl Then {
    /// `None` if its keyword is none.
    fn action(self) -> Option<Action> {
        Some(match self {
            Self::File(name) => Action::FileInto(name),
            Self::Junk => Action::Junk,
            Self::Flag => Action::Flag,
            Self::Seen => Action::Seen,
            Self::Keyword(name) => Action::Keyword(Keyword::new(&name)?),
            Self::Discard => Action::Discard,
            Self::Forward(to) => Action::Forward(to),
            Self::Reply(text) => Action::Autoreply(text),
            Self::Stop => Action::Stop,
        })
    }
}

impl From<Action> for Then {
    fn from(action: Action) -> Self {
        match action {
            Action::FileInto(name) => Self::File(name),
            Action::Junk => Self::Junk,
            Action::Flag => Self::Flag,
            Action::Seen => Self::Seen,
            Action::Keyword(keyword) => Self::Keyword(keyword.as_str().to_owned()),
            Action::Discard => Self::Discard,
            Action::Forward(to) => Self::Forward(to),
            Action::Autoreply(text) => Self::Reply(text),
            Action::Stop => Self::Stop,
        }
    }
}
