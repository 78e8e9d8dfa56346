//! SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS (RFC 4314 3). Who holds the account has all
//! rights to its mailboxes, and nobody can take them away.

use std::collections::BTreeMap;

use bytes::Bytes;
use mailstore::id::AccountId;
use mailstore::property::Scope;
use mailstore::rights::{ACL, Grant, Right, Rights, Sign, Who};

use crate::codec::MailboxName;
use crate::codec::command::{AclOf, Identifier, RightsChange, SetAcl};
use crate::codec::reply::Code;
use crate::names::Named;
use crate::outcome::{Done, Failed, Outcome};
use crate::refusal::{Role, no_such_mailbox};
use crate::state::Authenticated;
use crate::talk::Talk;

const ANYONE: &str = "anyone";

/// SETACL.
pub(super) async fn set(user: &Authenticated, set: &SetAcl) -> Outcome {
    let named = administered(user, &set.mailbox).await?;
    let grant = grant(user, &named, &set.identifier).await?;
    let rights = match set.change {
        RightsChange::Replace(rights) => rights,
        RightsChange::Add(more) => stored(user, &named, grant).await?.union(more),
        RightsChange::Remove(less) => stored(user, &named, grant).await?.without(less),
    };
    change(user, &named, (grant, rights)).await?;
    Ok(Done::new("Set"))
}

/// DELETEACL.
pub(super) async fn delete(user: &Authenticated, of: &AclOf) -> Outcome {
    let named = administered(user, &of.mailbox).await?;
    let grant = grant(user, &named, &of.identifier).await?;
    change(user, &named, (grant, Rights::NONE)).await?;
    Ok(Done::new("Deleted"))
}

/// GETACL.
pub(super) async fn get(talk: &mut Talk, user: &Authenticated, name: &MailboxName) -> Outcome {
    let named = administered(user, name).await?;
    let mut list = vec![(name_of(user, named.by.account).await?, Rights::ALL)];
    for (grant, rights) in entries(user, &named).await? {
        let sign = if grant.sign == Sign::Takes { "-" } else { "" };
        let who = match grant.who {
            Who::Anyone => ANYONE.to_owned(),
            Who::Account(account) => name_of(user, account).await?,
        };
        list.push((format!("{sign}{who}"), rights));
    }
    talk.reply.acl(name.as_str(), &list);
    Ok(Done::new("Done"))
}

/// LISTRIGHTS: each right can be given by itself.
pub(super) async fn list(talk: &mut Talk, user: &Authenticated, of: &AclOf) -> Outcome {
    let named = administered(user, &of.mailbox).await?;
    let identifier = &of.identifier;
    let is_owner = who(user, identifier).await? == Who::Account(named.by.account);
    let always = if is_owner { Rights::ALL } else { Rights::NONE };
    let sign = if identifier.sign == Sign::Takes { "-" } else { "" };
    let name = format!("{sign}{}", identifier.name);
    talk.reply.list_rights(of.mailbox.as_str(), &name, always);
    Ok(Done::new("Done"))
}

/// MYRIGHTS, for who has one of the rights that let a mailbox be known.
pub(super) async fn mine(talk: &mut Talk, user: &Authenticated, name: &MailboxName) -> Outcome {
    let named = user.named(name).await?;
    let known = [
        Right::Lookup,
        Right::Read,
        Right::Insert,
        Right::Create,
        Right::DeleteMailbox,
        Right::Administer,
    ];
    if !named.rights.has_any(Rights::of(known)) {
        return Err(no_such_mailbox(Role::Subject));
    }
    talk.reply.my_rights(name.as_str(), named.rights);
    Ok(Done::new("Done"))
}

async fn administered(user: &Authenticated, name: &MailboxName) -> Result<Named, Failed> {
    let named = user.named(name).await?;
    named.require(Right::Administer)?;
    Ok(named)
}

/// The name of an account; its number, if it has none any more.
async fn name_of(user: &Authenticated, account: AccountId) -> Result<String, Failed> {
    if account == user.by.user {
        return Ok(user.name.to_string());
    }
    let name = user.server.directory().name_of(account).await?;
    Ok(name.unwrap_or_else(|| format!("#{account}")))
}

async fn who(user: &Authenticated, identifier: &Identifier) -> Result<Who, Failed> {
    let name = identifier.name.as_str();
    if name.eq_ignore_ascii_case(ANYONE) {
        return Ok(Who::Anyone);
    }
    if name == &*user.name {
        return Ok(Who::Account(user.by.user));
    }
    // What GETACL shows of an account without a name can be deleted by it.
    if let Some(account) = name.strip_prefix('#').and_then(|number| number.parse().ok()) {
        return AccountId::new(account).map(Who::Account).ok_or_else(unknown);
    }
    let found = user.server.directory().find(name).await?;
    found.map(|identity| Who::Account(identity.account)).ok_or_else(unknown)
}

fn unknown() -> Failed {
    Failed::no(Code::Cannot, "There is no such user")
}

/// Whose rights are changed: those of who holds the account are not.
async fn grant(
    user: &Authenticated,
    named: &Named,
    identifier: &Identifier,
) -> Result<Grant, Failed> {
    let who = who(user, identifier).await?;
    if who == Who::Account(named.by.account) {
        return Err(Failed::no(Code::Cannot, "The owner always has all rights"));
    }
    Ok(Grant { sign: identifier.sign, who })
}

async fn entries(user: &Authenticated, named: &Named) -> Result<BTreeMap<Grant, Rights>, Failed> {
    let (account, scope) = (named.by.account, Scope::Mailbox(named.mailbox.id));
    let list = user.store().properties(account, scope, ACL).await?;
    let entry = |key: &str, letters: &[u8]| {
        let rights = str::from_utf8(letters).ok().and_then(Rights::parse)?;
        Some((Grant::of_key(key)?, rights))
    };
    Ok(list.iter().filter_map(|found| entry(&found.key, &found.value)).collect())
}

async fn stored(user: &Authenticated, named: &Named, grant: Grant) -> Result<Rights, Failed> {
    Ok(entries(user, named).await?.get(&grant).copied().unwrap_or_default())
}

/// No rights at all are no entry.
async fn change(
    user: &Authenticated,
    named: &Named,
    (grant, rights): (Grant, Rights),
) -> Result<(), Failed> {
    let letters = (!rights.is_empty()).then(|| Bytes::from(rights.to_string()));
    let set = BTreeMap::from([(grant.key(), letters)]);
    Ok(user.store().set_properties(named.by, Some(named.mailbox.id), set).await?)
}
