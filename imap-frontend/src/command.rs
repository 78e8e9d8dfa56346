//! The commands, one file each (or one for several that are alike), and the table that leads to
//! them.

mod acl;
mod append;
mod authenticate;
mod cancel_update;
pub(crate) mod capability;
mod catenate;
mod close;
pub(crate) mod compress;
mod copy;
mod enable;
mod esearch;
mod expunge;
pub(crate) mod fetch;
pub(crate) mod filters;
mod id;
pub(crate) mod idle;
mod language;
mod list;
mod login;
mod mailbox;
pub(crate) mod metadata;
mod namespace;
mod noop;
mod notify;
mod quota;
mod replace;
mod search;
mod select;
mod sort;
pub(crate) mod start_tls;
pub(crate) mod status;
mod store;
mod thread;
mod uid_batches;
pub(crate) mod unauthenticate;

use crate::codec::Command;
use crate::codec::command::Stage;
use crate::numbers;
use crate::outcome::{Failed, Outcome};
use crate::session::Session;
use crate::state::{Authenticated, Selected, State};
use crate::talk::Talk;

/// Runs a command, if the session has come far enough for it (and not too far).
///
/// What takes room is boxed, so that no command makes another one, or IDLE, take more.
pub(crate) async fn run(session: &mut Session, command: Command) -> Outcome {
    if session.state.user().is_some_and(|user| user.uid_only) && numbers::are_needed(&command) {
        return Err(Failed::UidRequired);
    }
    match (command.stage(), &mut session.state) {
        (Stage::Any, _) => any(session, &command),
        (Stage::NotAuthenticated, State::NotAuthenticated { .. }) => {
            Box::pin(guest(session, command)).await
        }
        (Stage::NotAuthenticated, _) => Err(Failed::bad("You have logged in already")),
        (_, State::NotAuthenticated { .. }) => Err(Failed::bad("Log in first")),
        (Stage::Authenticated, _) => Box::pin(authenticated(session, command)).await,
        (Stage::Selected, State::Authenticated(_)) => Err(Failed::bad("Select a mailbox first")),
        (Stage::Selected, State::Selected(selected)) => match command {
            Command::Close => close::run(&mut session.state).await,
            Command::Unselect => Ok(close::unselect(&mut session.state)),
            command => self::selected(&mut session.talk, selected, command).await,
        },
    }
}

fn any(session: &mut Session, command: &Command) -> Outcome {
    match command {
        Command::Capability => capability::run(session),
        Command::Noop => noop::run(&mut session.state),
        Command::Id(id) => id::run(&mut session.talk, id),
        Command::Language(language) => language::run(&mut session.talk, language),
        other => Err(unknown(other)),
    }
}

async fn guest(session: &mut Session, command: Command) -> Outcome {
    let user = match command {
        Command::Login(login) => login::run(session, login).await?,
        Command::Authenticate(command) => authenticate::run(session, command).await?,
        other => return Err(unknown(&other)),
    };
    Ok(session.enter(user))
}

/// Commands that may lead to another state, and those that only need somebody to have logged in.
async fn authenticated(session: &mut Session, command: Command) -> Outcome {
    let (talk, state) = (&mut session.talk, &mut session.state);
    match command {
        Command::Select(select) => select::run(talk, state, &select).await,
        Command::Status(status) => status::run(talk, state, &status).await,
        Command::Enable(enable) => enable::run(talk, state, &enable),
        Command::Esearch(esearch) => Box::pin(esearch::run(talk, state, &esearch)).await,
        Command::Append(append) => Box::pin(append::run(talk, state, append)).await,
        Command::Namespace => namespace::run(talk),
        Command::Notify(notify) => Box::pin(notify::run(talk, state, notify)).await,
        command => match state.user() {
            Some(user) => of_user(talk, user, command).await,
            None => Err(Failed::bad("Log in first")),
        },
    }
}

async fn of_user(talk: &mut Talk, user: &Authenticated, command: Command) -> Outcome {
    match command {
        Command::List(list) => list::run(talk, user, &list).await,
        Command::SetAcl(set) => acl::set(user, &set).await,
        Command::DeleteAcl(of) => acl::delete(user, &of).await,
        Command::GetAcl(name) => acl::get(talk, user, &name).await,
        Command::ListRights(of) => acl::list(talk, user, &of).await,
        Command::MyRights(name) => acl::mine(talk, user, &name).await,
        Command::GetMetadata(get) => metadata::get(talk, user, &get).await,
        Command::SetMetadata(set) => metadata::set(talk, user, &set).await,
        Command::GetQuota(root) => quota::get(talk, user, &root).await,
        Command::GetQuotaRoot(name) => quota::root_of(talk, user, &name).await,
        Command::SetQuota(set) => quota::set(talk, user, &set).await,
        Command::Create(create) => mailbox::create(talk, user, &create).await,
        Command::Delete(name) => mailbox::delete(talk, user, &name).await,
        Command::Rename(rename) => mailbox::rename(talk, user, &rename).await,
        Command::Subscribe(name) => mailbox::subscribe(user, &name).await,
        Command::Unsubscribe(name) => mailbox::unsubscribe(user, &name).await,
        other => Err(unknown(&other)),
    }
}

async fn selected(talk: &mut Talk, selected: &mut Selected, command: Command) -> Outcome {
    match command {
        Command::Check => noop::check(selected),
        Command::Fetch(fetch) => Box::pin(fetch::run(talk, selected, &fetch)).await,
        Command::Store(store) => Box::pin(store::run(talk, selected, store)).await,
        Command::Search(search) => Box::pin(search::run(talk, selected, &search)).await,
        Command::Sort(sort) => Box::pin(sort::run(talk, selected, &sort)).await,
        Command::Thread(thread) => Box::pin(thread::run(talk, selected, &thread)).await,
        Command::CancelUpdate(cancel) => cancel_update::run(selected, &cancel),
        Command::Copy(copy) => Box::pin(copy::run(talk, selected, &copy)).await,
        Command::Move(copy) => Box::pin(copy::run_move(talk, selected, &copy)).await,
        Command::Replace(replace) => Box::pin(replace::run(talk, selected, *replace)).await,
        Command::Expunge => Box::pin(expunge::run(selected)).await,
        Command::UidExpunge(command) => Box::pin(expunge::run_uid(talk, selected, &command)).await,
        Command::UidBatches(command) => uid_batches::run(talk, selected, &command),
        other => Err(unknown(&other)),
    }
}

/// A command that has no place in the table.
fn unknown(command: &Command) -> Failed {
    Failed::bad(format!("{} is not supported", command.name()))
}
