//! What an operator sets for a user: filters, and what POP3 does.

use mailstore::Mailstore;
use mailstore::filter::{Filter, FilterError};
use mailstore::id::AccountId;
use mailstore::property::Scope;
use serde::{Deserialize, Serialize};

use crate::store::Store;

/// Settings, and the values that each can have.
const SETTINGS: [(&str, [&str; 2]); 2] =
    [("pop3/dele", ["expunge", "trash"]), ("pop3/retr", ["seen", "unchanged"])];

/// What is to be done.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Shows the filters of a user.
    Filters { user: String },
    /// Adds a filter behind the others.
    AddFilter { user: String, text: String },
    /// Removes the filter of that number, counted from 1.
    RemoveFilter { user: String, number: usize },
    /// Shows the settings of a user.
    Settings { user: String },
    /// Sets one, or, without a value, takes it back.
    Set { user: String, key: String, value: Option<String> },
}

impl From<Request> for crate::users::Request {
    fn from(request: Request) -> Self {
        Self::Settings(request)
    }
}

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Account(#[from] mailstore::accounts::AccountError),
    #[error(transparent)]
    Mail(#[from] mailstore::Error),
    #[error("this is no filter: {0}")]
    Filter(#[from] FilterError),
    #[error("there is no filter number {0}")]
    NoSuchFilter(usize),
    #[error("there is no setting {0:?}; there are pop3/dele and pop3/retr")]
    NoSuchSetting(String),
    #[error("{0} can be {1} or {2}")]
    Value(&'static str, &'static str, &'static str),
}

/// Does it, and says what it did.
pub(crate) async fn attempt(store: &Store, request: Request) -> Result<String, Failure> {
    let mail = &store.mail;
    match request {
        Request::Filters { user } => {
            let filters = mail.filters(account(store, &user).await?).await?;
            let show = |(at, filter): (usize, &Filter)| format!("# {}\n{filter}", at + 1);
            let shown: Vec<_> = filters.iter().enumerate().map(show).collect();
            Ok(shown.join("\n").trim_end().to_owned())
        }
        Request::AddFilter { user, text } => {
            let account = account(store, &user).await?;
            let mut filters = mail.filters(account).await?;
            filters.push(text.parse()?);
            mail.set_filters(account.into(), &filters).await?;
            Ok(format!("{user} has filter number {}", filters.len()))
        }
        Request::RemoveFilter { user, number } => {
            let account = account(store, &user).await?;
            let mut filters = mail.filters(account).await?;
            if number == 0 || number > filters.len() {
                return Err(Failure::NoSuchFilter(number));
            }
            let gone = filters.remove(number - 1);
            mail.set_filters(account.into(), &filters).await?;
            Ok(format!("{user} no longer has the filter {:?}", gone.name))
        }
        Request::Settings { user } => settings(mail, account(store, &user).await?).await,
        Request::Set { user, key, value } => {
            let account = account(store, &user).await?;
            set(mail, account, (key, value)).await
        }
    }
}

async fn account(store: &Store, user: &str) -> Result<AccountId, Failure> {
    Ok(store.accounts.find(user).await?.account)
}

async fn settings(mail: &Mailstore, account: AccountId) -> Result<String, Failure> {
    let list = mail.properties(account, Scope::Account, "pop3/").await?;
    let line = |(key, value): (&str, &[u8])| format!("{key} = {}", String::from_utf8_lossy(value));
    let lines: Vec<_> = list.iter().map(|one| line((&one.key, &one.value))).collect();
    Ok(lines.join("\n"))
}

async fn set(
    mail: &Mailstore,
    account: AccountId,
    (key, value): (String, Option<String>),
) -> Result<String, Failure> {
    let known = SETTINGS.iter().find(|(known, _)| *known == key);
    let Some((known, [one, other])) = known else { return Err(Failure::NoSuchSetting(key)) };
    if value.as_deref().is_some_and(|value| value != *one && value != *other) {
        return Err(Failure::Value(known, one, other));
    }
    let said = match &value {
        Some(value) => format!("{key} = {value}"),
        None => format!("{key} is as the server has it"),
    };
    let set = [(key, value.map(|value| value.into_bytes().into()))].into();
    mail.set_properties(account.into(), None, set).await?;
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(store: &Store, request: Request) -> String {
        match attempt(store, request).await {
            Ok(said) => said,
            Err(failure) => format!("refused: {failure}"),
        }
    }

    async fn store() -> Store {
        let store = Store::in_memory();
        let user = store.accounts.add(mailstore::accounts::NewUser::new("alice")).await.unwrap();
        store.mail.provision(user.account).await.unwrap();
        store
    }

    #[tokio::test]
    async fn filters_are_added_listed_and_removed() {
        let store = store().await;
        let user = || "alice".to_owned();
        let text = "name News\nif list-id news.example\nthen file News\n";
        let add = |text: &str| Request::AddFilter { user: user(), text: text.to_owned() };
        assert_eq!(said(&store, add(text)).await, "alice has filter number 1");
        assert_eq!(said(&store, add("name Other\nthen seen\n")).await, "alice has filter number 2");
        let list = said(&store, Request::Filters { user: user() }).await;
        assert_eq!(list, format!("# 1\n{text}\n# 2\nname Other\nthen seen"));
        let remove = |number| Request::RemoveFilter { user: user(), number };
        for number in [0, 3] {
            let refused = format!("refused: there is no filter number {number}");
            assert_eq!(said(&store, remove(number)).await, refused);
        }
        let gone = "alice no longer has the filter \"News\"";
        assert_eq!(said(&store, remove(1)).await, gone);
        let refused = said(&store, add("name X\nthen fly\n")).await;
        assert!(refused.starts_with("refused: this is no filter: line 2"), "{refused}");
    }

    #[tokio::test]
    async fn settings_are_set_and_taken_back() {
        let store = store().await;
        let set = |key: &str, value: Option<&str>| Request::Set {
            user: "alice".into(),
            key: key.into(),
            value: value.map(str::to_owned),
        };
        assert_eq!(said(&store, set("pop3/dele", Some("trash"))).await, "pop3/dele = trash");
        let list = || Request::Settings { user: "alice".into() };
        assert_eq!(said(&store, list()).await, "pop3/dele = trash");
        let wrong = said(&store, set("pop3/retr", Some("eaten"))).await;
        assert_eq!(wrong, "refused: pop3/retr can be seen or unchanged");
        let unknown = said(&store, set("filter/0000", Some("x"))).await;
        assert!(unknown.starts_with("refused: there is no setting"), "{unknown}");
        let back = said(&store, set("pop3/dele", None)).await;
        assert_eq!(back, "pop3/dele is as the server has it");
        assert_eq!(said(&store, list()).await, "");
    }
}
