//! GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208). Each account is one quota root, `#user/NAME`.
//! Who may set quotas the directory knows.

use mailstore::id::AccountId;
use mailstore::mailbox::{AccountHead, Quota};

use crate::codec::MailboxName;
use crate::codec::command::{Resource, SetQuota};
use crate::codec::reply::Code;
use crate::outcome::{Done, Failed, Outcome};
use crate::state::Authenticated;
use crate::talk::Talk;

/// What the name of a quota root begins with.
const ROOT: &str = "#user/";
/// STORAGE is counted in units of so many bytes.
pub(super) const UNIT: u64 = 1024;

/// GETQUOTA: of one's own account, or of one that one administers.
pub(super) async fn get(talk: &mut Talk, user: &Authenticated, root: &str) -> Outcome {
    let account =
        if root == root_name(&user.name) { user.by.user } else { administered(user, root).await? };
    show(talk, user, (root, account)).await?;
    Ok(Done::new("Done"))
}

/// GETQUOTAROOT: the account that the mailbox is or would be in.
pub(super) async fn root_of(talk: &mut Talk, user: &Authenticated, name: &MailboxName) -> Outcome {
    let (account, owner) = user.quota_root(name).await?;
    let root = root_name(&owner);
    talk.reply.quota_root(name.as_str(), &[&root]);
    show(talk, user, (&root, account)).await?;
    Ok(Done::new("Done"))
}

/// SETQUOTA. A limit that is not named is lifted.
pub(super) async fn set(talk: &mut Talk, user: &Authenticated, set: &SetQuota) -> Outcome {
    let account = administered(user, &set.root).await?;
    let mut quota = Quota::default();
    for (resource, limit) in &set.limits {
        match resource {
            Some(Resource::Storage) => quota.bytes = Some(limit.saturating_mul(UNIT)),
            Some(Resource::Message) => quota.messages = Some(*limit),
            None => return Err(Failed::no(Code::Cannot, "There is no such resource")),
        }
    }
    user.store().set_quota(account, quota).await?;
    show(talk, user, (&set.root, account)).await?;
    Ok(Done::new("Set"))
}

fn root_name(owner: &str) -> String {
    format!("{ROOT}{owner}")
}

/// The account of a quota root, for those who administer it. To others it makes no difference
/// whether it exists.
async fn administered(user: &Authenticated, root: &str) -> Result<AccountId, Failed> {
    let directory = user.server.directory();
    if let Some(name) = root.strip_prefix(ROOT)
        && let Some(found) = directory.find(name).await?
        && directory.administers(user.by.user, found.account).await?
    {
        return Ok(found.account);
    }
    Err(Failed::no(Code::NoPerm, "That is not for you to see or to set"))
}

async fn show(
    talk: &mut Talk,
    user: &Authenticated,
    (root, account): (&str, AccountId),
) -> Result<(), Failed> {
    let head = user.store().mailboxes(account).await?.head;
    talk.reply.quota(root, &limits(&head));
    Ok(())
}

/// The resources that have a limit, with what is used of them.
fn limits(head: &AccountHead) -> Vec<(Resource, u64, u64)> {
    let (usage, quota) = (head.usage, head.quota);
    let used = usage.bytes.div_ceil(UNIT);
    let storage = quota.bytes.map(|limit| (Resource::Storage, used, limit / UNIT));
    let messages = quota.messages.map(|limit| (Resource::Message, usage.messages, limit));
    storage.into_iter().chain(messages).collect()
}
