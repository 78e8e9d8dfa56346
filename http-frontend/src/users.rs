//! `/users`: who has an account here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailstore::accounts::{NewUser, Quota, Scope, SecondProof, SignIn, SignedIn, Status, User};
use mailstore::id::AccountId;
use mailstore::store::directory::{Secret, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::caller::About;
use crate::date;
use crate::doc::Problems;
use crate::input::{Asked, Given};
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::quota::Limits;
use crate::request::{Holder, Managed, Operator, Person, Subject};
#[cfg(feature = "webauthn")]
use crate::security_keys::KeyAnswer;

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct Shown {
    /// The number of the account.
    id: i64,
    /// The login name.
    name: String,
    /// Is the account in use?
    status: InUse,
    /// When the user was added.
    #[schema(format = DateTime)]
    created: String,
}

/// Whether an account is in use.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Status)]
pub(crate) enum InUse {
    /// It is.
    Active,
    /// It neither takes mail nor lets its user in; its mail is kept.
    Disabled,
    /// It takes mail, but does not let its user in.
    Suspended,
}

impl From<InUse> for Status {
    fn from(status: InUse) -> Self {
        match status {
            InUse::Active => Self::Active,
            InUse::Disabled => Self::Disabled,
            InUse::Suspended => Self::Suspended,
        }
    }
}

/// A user to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Addition {
    /// The login name; if it is an address, it also becomes an address of the user.
    #[schema(min_length = 1, max_length = 254)]
    name: String,
    /// The account password. Without one nobody can sign in.
    #[schema(min_length = 1, max_length = 1000, format = Password)]
    password: Option<String>,
    /// More addresses; `*@domain` takes what is nobody's in a domain.
    #[serde(default)]
    #[schema(max_items = 100)]
    addresses: Vec<String>,
    /// What the account may hold.
    #[serde(default)]
    quota: Limits,
}

/// What is to become of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    /// Is the account to be in use? Only for operators.
    status: Option<InUse>,
    /// A new account password.
    #[schema(min_length = 1, max_length = 1000, format = Password)]
    password: Option<String>,
    /// The password so far, which a user has to show to set another.
    #[schema(max_length = 1000, format = Password)]
    old_password: Option<String>,
    /// A code of the second factor, or a recovery code, if the user has one.
    #[schema(max_length = 32)]
    code: Option<String>,
    /// What a security key of the user has answered to `/session/security-key/question`, in place of
    /// a code.
    #[cfg(feature = "webauthn")]
    security_key: Option<KeyAnswer>,
}

impl UserChange {
    fn factor(&self) -> Result<Option<SecondProof>, Problem> {
        #[cfg(feature = "webauthn")]
        if let Some(answer) = &self.security_key {
            return answer.proof().map(Some);
        }
        Ok(self.code.clone().map(SecondProof::Code))
    }
}

impl From<&User> for Shown {
    fn from(user: &User) -> Self {
        let profile = &user.profile;
        Self {
            id: user.account.get(),
            name: profile.name.as_str().to_owned(),
            status: match profile.status {
                Status::Active => InUse::Active,
                Status::Suspended => InUse::Suspended,
                _ => InUse::Disabled,
            },
            created: date::utc(profile.created),
        }
    }
}

/// All users, in the order in which they were added.
#[utoipa::path(get, path = "/users", tag = "Users", params(Paging),
    responses((status = 200, body = Page<Shown>), Problems))]
pub(crate) async fn list_users(
    State(api): State<Arc<Api>>,
    _: Operator,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Page<Shown>>, Problem> {
    let limit = paging.limit()?;
    let after = paging.after::<i64>()?.and_then(AccountId::new);
    let users = api.accounts.list(after, limit + 1).await?;
    let items = users.iter().map(Shown::from).collect();
    Ok(Json(Page::of(items, limit, |user| user.id)))
}

/// Adds a user.
#[utoipa::path(post, path = "/users", tag = "Users", request_body = Addition,
    responses((status = 201, body = Shown), Problems))]
pub(crate) async fn create_user(
    State(api): State<Arc<Api>>,
    Operator(caller): Operator,
    Given(new): Given<Addition>,
) -> Result<(StatusCode, Json<Shown>), Problem> {
    let quota = new.quota.quota("quota.")?;
    let mut user = NewUser::new(new.name).quota(quota);
    if let Some(password) = new.password {
        user = user.password(Secret::new(password));
    }
    user = new.addresses.into_iter().fold(user, NewUser::address);
    let user = api.accounts.acting(caller.by).add(user).await?;
    if quota != Quota::default() {
        api.store.set_quota(user.account, quota).await?;
    }
    Ok((StatusCode::CREATED, Json((&user).into())))
}

/// One user.
#[utoipa::path(get, path = "/users/{user}", tag = "Users", params(crate::doc::User),
    responses((status = 200, body = Shown), Problems))]
pub(crate) async fn read_user(
    State(api): State<Arc<Api>>,
    Person(person): Person,
) -> Result<Json<Shown>, Problem> {
    Ok(Json((&api.accounts.user(person.account()).await?).into()))
}

/// Disables, suspends or enables a user, or sets the account password.
#[utoipa::path(patch, path = "/users/{user}", tag = "Users", params(crate::doc::User),
    request_body = UserChange, responses((status = 200, body = Shown), Problems))]
pub(crate) async fn change_user(
    State(api): State<Arc<Api>>,
    Holder(holder): Holder,
    Given(change): Given<UserChange>,
) -> Result<Json<Shown>, Problem> {
    let (name, accounts) = (holder.identity.name.as_str(), holder.accounts(&api));
    let factor = change.factor()?;
    if change.status.is_some() && !holder.caller.may(About::UsersChange) {
        return Err(Problem::forbidden("only an operator may do this").of("status"));
    }
    if let Some(password) = change.password {
        check_password(&api, &holder, (change.old_password, factor)).await?;
        accounts.set_password(name, &Secret::new(password)).await?;
    }
    if let Some(status) = change.status {
        accounts.set_status(name, status.into()).await?;
    }
    Ok(Json((&api.accounts.user(holder.account()).await?).into()))
}

/// A token that was left somewhere must not be enough to shut its user out.
async fn check_password(
    api: &Api,
    holder: &Subject,
    (old, factor): (Option<String>, Option<SecondProof>),
) -> Result<(), Problem> {
    if holder.caller.account().is_none() {
        return Ok(());
    }
    let old = old.ok_or_else(|| Problem::field("old_password", "missing"))?;
    let (name, password) = (holder.identity.name.clone(), Secret::new(old));
    let shown = SignIn { name, password, factor, peer: holder.caller.by.peer };
    match api.accounts.sign_in(shown).await? {
        SignedIn::Welcome { scopes, .. } if scopes.contains(Scope::Master) => Ok(()),
        SignedIn::Welcome { .. } | SignedIn::Refused(Verdict::Rejected) => {
            Err(Problem::forbidden("the old password is wrong").of("old_password"))
        }
        SignedIn::FactorWanted(_) => {
            Err(Problem::forbidden("the second factor is wanted").of("code"))
        }
        SignedIn::Refused(verdict) => Err((&verdict).into()),
        _ => Err(Problem::forbidden("not possible")),
    }
}

/// Removes a user, with all mail, for good.
#[utoipa::path(delete, path = "/users/{user}", tag = "Users", params(crate::doc::User),
    responses((status = 204, description = "The user is gone."), Problems))]
pub(crate) async fn delete_user(
    State(api): State<Arc<Api>>,
    Managed(user): Managed,
) -> Result<StatusCode, Problem> {
    user.accounts(&api).remove(&user.identity.name, &api.store).await?;
    Ok(StatusCode::NO_CONTENT)
}
