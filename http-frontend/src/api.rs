//! The API: what its endpoints share, and which there are.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::IntoResponse;
use axum::{Router, middleware};
use mailstore::accounts::Accounts;
use mailstore::id::AccountId;
use mailstore::{Admission, Mailstore};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Places;

use crate::doc::{Tokens, with_its_own_problems};
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::schema::Schemas;
use crate::settings::Settings;
use crate::{
    addresses, app_passwords, events, filters, forwards, guard, health, log, mail_key, mailboxes,
    messages, metrics, pop3, quota, second_factor, session, site, tokens, users,
};

/// What the endpoints share.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) store: Mailstore,
    pub(crate) accounts: Accounts,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    /// What bodies must be, as the description has it.
    pub(crate) schemas: Schemas,
    /// Streams of events that may still be opened.
    pub(crate) streams: Arc<Semaphore>,
    /// Streams of events that each user has.
    pub(crate) places: Places,
}

impl Api {
    fn new(store: Mailstore, accounts: Accounts, settings: Settings, schemas: Schemas) -> Self {
        let streams = Arc::new(Semaphore::new(settings.streams));
        let places = Places::new(Arc::clone(store.shared()), "streams of events");
        Self { store, accounts, settings, metrics: Metrics::default(), schemas, streams, places }
    }

    /// Takes memory for a message of so many bytes out of the share of an account, waiting for it a
    /// while.
    pub(crate) async fn admit(&self, account: AccountId, bytes: u64) -> Result<Admission, Problem> {
        let wanted = self.store.admit_for(account, bytes);
        timeout(self.settings.memory_wait, wanted).await.map_err(|_| Problem::busy())
    }
}

/// What the description says of the whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "mailstore",
        description = "Mail over HTTP: users, mailboxes, messages byte for byte, events.\n\n\
            Every request but the sign-in shows a token: `Authorization: Bearer TOKEN`. \
            The root token may do everything; a user's token what is the user's. Errors are \
            problem documents (RFC 9457) that name the field. Lists come in pages."
    ),
    components(schemas(crate::problem::FieldProblem)),
    modifiers(&Tokens),
    security(("token" = []))
)]
struct Description;

/// The service.
pub(crate) fn router(store: Mailstore, accounts: Accounts, settings: Settings) -> Router {
    let (router, description) = endpoints().split_for_parts();
    let api = Arc::new(Api::new(store, accounts, settings, Schemas::of(&description)));
    let description = with_its_own_problems(description).to_json().unwrap_or_default();
    let description = axum::routing::get(|| async move { json(description) });
    site::with_files(router)
        .route("/api/v1/openapi.json", description)
        .fallback(async || Problem::not_found("resource"))
        .method_not_allowed_fallback(async || {
            let detail = "this cannot be done to that";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
        })
        .layer(guard::cors(&api.settings))
        .layer(middleware::from_fn(guard::guarded))
        .layer(middleware::from_fn_with_state(Arc::clone(&api), metrics::counted))
        .with_state(api)
}

fn json(text: String) -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], text)
}

/// The endpoints, under `/api/v1`, and their description.
fn endpoints() -> OpenApiRouter<Arc<Api>> {
    let all = OpenApiRouter::new()
        .routes(routes!(session::sign_in, session::read_session, session::sign_out))
        .routes(routes!(users::list_users, users::create_user))
        .routes(routes!(users::read_user, users::change_user, users::delete_user))
        .routes(routes!(app_passwords::list_app_passwords, app_passwords::add_app_password))
        .routes(routes!(app_passwords::revoke_app_password))
        .routes(routes!(tokens::list_user_tokens, tokens::issue_user_token))
        .routes(routes!(tokens::revoke_user_token))
        .routes(routes!(tokens::list_tokens, tokens::issue_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(
            second_factor::read_second_factor,
            second_factor::begin_second_factor,
            second_factor::enable_second_factor,
            second_factor::disable_second_factor
        ))
        .routes(routes!(second_factor::disable_codes))
        .routes(routes!(second_factor::renew_recovery_codes))
        .routes(routes!(mail_key::read_mail_key, mail_key::set_mail_key, mail_key::remove_mail_key))
        .routes(routes!(log::read_log))
        .routes(routes!(addresses::list_addresses, addresses::add_address))
        .routes(routes!(addresses::remove_address))
        .routes(routes!(forwards::list_forwards))
        .routes(routes!(forwards::set_forward, forwards::remove_forward))
        .routes(routes!(pop3::read_pop3_choices, pop3::set_pop3_choices))
        .routes(routes!(quota::read_quota, quota::set_quota))
        .routes(routes!(filters::read_filters, filters::set_filters))
        .routes(routes!(events::stream_events))
        .routes(routes!(mailboxes::list_mailboxes, mailboxes::create_mailbox))
        .routes(routes!(
            mailboxes::read_mailbox,
            mailboxes::change_mailbox,
            mailboxes::delete_mailbox
        ));
    #[cfg(feature = "webauthn")]
    let all = crate::security_keys::endpoints(all);
    let all = messages::endpoints(all);
    OpenApiRouter::with_openapi(Description::openapi())
        .nest("/api/v1", all)
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
}
