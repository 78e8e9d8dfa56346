//! CAPABILITY (RFC 9051 6.1.1): only what works in full, in the state in which it may be used.

use std::borrow::Cow;

use wire::sasl::Mechanism;

use super::authenticate;
use crate::outcome::{Done, Outcome};
use crate::session::Session;
use crate::state::State;

/// At any time.
const ALWAYS: [&str; 7] =
    ["IMAP4rev1", "IMAP4rev2", "ID", "ENABLE", "IDLE", "LANGUAGE", "INPROGRESS"];
/// Before login.
const BEFORE_LOGIN: [&str; 1] = ["SASL-IR"];
/// After login.
const AFTER_LOGIN: [&str; 50] = [
    "NAMESPACE",
    "NOTIFY",
    "CHILDREN",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LIST-MYRIGHTS",
    "LIST-METADATA",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "XLIST",
    "ACL",
    "RIGHTS=texk",
    "METADATA",
    "QUOTA",
    "QUOTASET",
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
    "UIDPLUS",
    "UNSELECT",
    "MOVE",
    "CONDSTORE",
    "QRESYNC",
    "OBJECTID",
    "SAVEDATE",
    "PREVIEW",
    "UIDONLY",
    "UIDBATCHES",
    "MULTIAPPEND",
    "CATENATE",
    "BINARY",
    "REPLACE",
    "STATUS=SIZE",
    "ESEARCH",
    "SEARCHRES",
    "WITHIN",
    "PARTIAL",
    "SORT",
    "SORT=DISPLAY",
    "ESORT",
    "CONTEXT=SEARCH",
    "CONTEXT=SORT",
    "MULTISEARCH",
    "FILTERS",
    "I18NLEVEL=1",
    "SEARCH=FUZZY",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "THREAD=REFS",
    "UNAUTHENTICATE",
    "UTF8=ACCEPT",
];

/// What the session can do as things stand.
pub(crate) fn names(session: &Session) -> Vec<Cow<'static, str>> {
    let mut names = fixed(session);
    names.extend(session.server.capabilities().iter().cloned());
    names
}

fn fixed(session: &Session) -> Vec<Cow<'static, str>> {
    let mut names = Vec::from(ALWAYS.map(Cow::Borrowed));
    if !matches!(session.state, State::NotAuthenticated { .. }) {
        names.extend(AFTER_LOGIN.map(Cow::Borrowed));
        if !session.talk.connection.is_compressed() {
            names.push("COMPRESS=DEFLATE".into());
        }
        return names;
    }
    names.extend(BEFORE_LOGIN.map(Cow::Borrowed));
    if session.talk.connection.offers_start_tls() {
        names.push("STARTTLS".into());
    }
    if session.talk.connection.may_log_in() {
        names.extend(authenticate::mechanisms(session).into_iter().map(auth).map(Cow::Borrowed));
    } else {
        names.push("LOGINDISABLED".into());
    }
    names
}

fn auth(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::ScramSha256Plus => "AUTH=SCRAM-SHA-256-PLUS",
        Mechanism::ScramSha256 => "AUTH=SCRAM-SHA-256",
        Mechanism::OAuthBearer => "AUTH=OAUTHBEARER",
        Mechanism::XOAuth2 => "AUTH=XOAUTH2",
        Mechanism::Plain => "AUTH=PLAIN",
        Mechanism::Login => "AUTH=LOGIN",
    }
}

pub(crate) fn run(session: &mut Session) -> Outcome {
    let names = names(session);
    session.talk.reply.capability(&names);
    Ok(Done::new("That is all"))
}
