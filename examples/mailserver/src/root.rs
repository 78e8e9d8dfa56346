//! The root token that the first start makes.

use mailstore::accounts::{Accounts, Grant, NewToken};
use mailstore::store::directory::Secret;

use crate::problem::{Doing, Problem};

/// A token of root, if there has never been one, nor any user: what a newcomer begins with. It is
/// kept as its hash only.
pub(crate) async fn first(accounts: &Accounts) -> Result<Option<Secret>, Problem> {
    let doing = || "making a root token".to_owned();
    let tokens = accounts.tokens(None, None, 1).await.doing(doing)?;
    let users = accounts.list(None, 1).await.doing(doing)?;
    if !tokens.is_empty() || !users.is_empty() {
        return Ok(None);
    }
    let new = NewToken { grant: Grant::Root, label: "first start".to_owned(), until: None };
    let (_, secret) = accounts.issue_token(new).await.doing(doing)?;
    tracing::warn!(
        "made a root token for the HTTP API: it is said on the standard output, this once; \
         `mailserver token add --root` makes another"
    );
    Ok(Some(secret))
}

#[cfg(test)]
mod tests {
    use mailstore::accounts::NewUser;
    use mailstore::store::directory::Service;

    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn it_is_made_once() {
        let store = Store::in_memory();
        let token = first(&store.accounts).await.unwrap().unwrap();
        let found = store.accounts.token(&token, Service::Http, None).await.unwrap().unwrap();
        assert_eq!(found.grant, Grant::Root);
        assert_eq!(first(&store.accounts).await.unwrap(), None);
    }

    #[tokio::test]
    async fn who_has_users_has_chosen_what_to_do() {
        let store = Store::in_memory();
        store.accounts.add(NewUser::new("alice")).await.unwrap();
        assert_eq!(first(&store.accounts).await.unwrap(), None);
    }
}
