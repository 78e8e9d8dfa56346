//! The commands of the command line.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use mailstore::backends::embedded;

use crate::backend::Away;
use crate::config::{self, Config, Kind};
use crate::control::Client;
use crate::problem::{Doing, Problem};
use crate::say::say;
use crate::users::{Reply, Request, Row, State, carry_out};
use crate::{credentials, prompt, serve, settings, store};

mod app_password;
mod filter;
mod forward;
mod mail_key;
mod token;

use app_password::AppPassword;
use filter::Filter;
use forward::Forward;
use mail_key::MailKey;
use token::Token;

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serves until SIGTERM or SIGINT; SIGHUP reads the certificates again.
    Serve,
    /// Adds, lists and changes users, also while the server runs.
    #[command(subcommand)]
    User(User),
    /// Makes, lists and revokes tokens, which programs show in place of a password.
    #[command(subcommand)]
    Token(Token),
    /// Sends mail to addresses of no user on to others.
    #[command(subcommand)]
    Forward(Forward),
    /// Seals what is sealed with an old key with the first one in `secret.keys`. Then the old keys may
    /// be taken out.
    Reseal,
    /// Reads all that is stored, recounts and compares it, and lists what is wrong or belongs to
    /// nothing. Writes nothing; may run beside the server.
    Check,
    /// Shows the configuration that is in force.
    Config,
}

/// What to do with users.
#[derive(Subcommand)]
pub(crate) enum User {
    /// Adds a user. The password is asked for at a terminal, or read from standard input or the
    /// environment variable MAILSTORE_PASSWORD.
    Add(Add),
    /// Lists all users.
    List,
    /// Sets a user's password, given as for `add`.
    Passwd {
        /// The login name.
        name: String,
        /// What is given is the hash of the password, made by another system.
        #[arg(long)]
        hash: bool,
    },
    /// Sets what a user may keep; what is not given is without a limit.
    Quota {
        /// The login name.
        name: String,
        /// How many bytes of mail.
        #[arg(long)]
        bytes: Option<u64>,
        /// How many messages.
        #[arg(long)]
        messages: Option<u64>,
    },
    /// Lets a disabled user in again, and mail for them.
    Enable {
        /// The login name.
        name: String,
    },
    /// Lets neither a user in nor mail for them; their mail is kept.
    Disable {
        /// The login name.
        name: String,
    },
    /// Lets mail for a user in, but not the user.
    Suspend {
        /// The login name.
        name: String,
    },
    /// Removes a user with all mail and everything else.
    Delete {
        /// The login name.
        name: String,
        /// That this is meant: it cannot be undone.
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Makes, lists and revokes passwords for a user's programs.
    #[command(subcommand)]
    AppPassword(AppPassword),
    /// Adds, lists and removes filters of a user.
    #[command(subcommand)]
    Filter(Filter),
    /// Encrypts a user's mail to a key before it is stored.
    #[command(subcommand)]
    MailKey(MailKey),
    /// Shows what is set for a user, or sets it: pop3/dele (expunge, trash) and pop3/retr (seen,
    /// unchanged).
    Setting {
        /// The login name.
        name: String,
        /// What to set.
        key: Option<String>,
        /// To what; without it, it is as the server has it.
        value: Option<String>,
    },
    /// Shows who logged in and what was changed: time, event, how often, service, address, what.
    Log {
        /// The login name.
        name: String,
    },
    /// Turns a user's second factor off, for one who has lost it.
    NoSecondFactor {
        /// The login name.
        name: String,
    },
    /// Gives an address to a user.
    AddAddress {
        /// The login name.
        name: String,
        /// The address.
        address: String,
    },
    /// Takes an address from a user.
    RemoveAddress {
        /// The login name.
        name: String,
        /// The address.
        address: String,
    },
}

/// A new user.
#[derive(Args)]
pub(crate) struct Add {
    /// The login name: a name, or an address, which then is an address of the user.
    name: String,
    /// An address of the user; may be given more than once.
    #[arg(long = "address", value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// How many bytes of mail the user may keep.
    #[arg(long, value_name = "BYTES")]
    quota_bytes: Option<u64>,
    /// How many messages the user may keep.
    #[arg(long, value_name = "COUNT")]
    quota_messages: Option<u64>,
    /// Sets no password: mail arrives, and nobody can log in until one is set.
    #[arg(long)]
    no_password: bool,
}

/// Runs a command.
pub(crate) async fn run(command: Command, config: &Config) -> Result<ExitCode, Problem> {
    match command {
        Command::Serve => serve::serve(config).await.map(|()| ExitCode::SUCCESS),
        Command::User(user) => run_user(user, config).await,
        Command::Token(token) => ask(token.into(), config).await,
        Command::Forward(forward) => ask(forward.into(), config).await,
        Command::Reseal => ask(credentials::Request::Reseal.into(), config).await,
        Command::Check => check(config),
        Command::Config => {
            say(&config.to_toml()?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(config: &Config) -> Result<ExitCode, Problem> {
    if config.backend.store != Kind::Embedded || config.backend.blobs != config::OWN_BLOBS {
        let why = "it is for embedded stores that keep their own blobs";
        return Err(why).doing(|| "checking the store".to_owned());
    }
    let report = embedded::check(&config.directory).doing(|| "checking the store".to_owned())?;
    for finding in &report.findings {
        say(&format!("{finding}\n"));
    }
    say(&format!(
        "read {} users, {} addresses, {} accounts, {} mailboxes, {} messages of {} contents, \
         {} blobs; found {} faults\n",
        report.users,
        report.addresses,
        report.accounts,
        report.mailboxes,
        report.messages,
        report.emails,
        report.blobs,
        report.findings.len()
    ));
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_user(user: User, config: &Config) -> Result<ExitCode, Problem> {
    let mut office = Office::open(config).await?;
    if let User::List = user {
        return list(&mut office).await;
    }
    Ok(show(office.ask(request(user)?).await?))
}

async fn ask(request: Request, config: &Config) -> Result<ExitCode, Problem> {
    Ok(show(Office::open(config).await?.ask(request).await?))
}

/// Reads the password, where one is needed.
fn request(user: User) -> Result<Request, Problem> {
    Ok(match user {
        User::Add(add) => {
            let password = if add.no_password { None } else { Some(prompt::new_password()?) };
            let Add { name, addresses, quota_bytes, quota_messages, .. } = add;
            Request::Add { name, password, addresses, quota_bytes, quota_messages }
        }
        User::List => Request::List { after: None },
        User::Passwd { name, hash } => {
            let password = prompt::new_password()?;
            match hash {
                true => Request::Hash { name, hash: password },
                false => Request::Password { name, password },
            }
        }
        User::Quota { name, bytes, messages } => Request::Quota { name, bytes, messages },
        User::Enable { name } => Request::Enable { name },
        User::Disable { name } => Request::Disable { name },
        User::Suspend { name } => Request::Suspend { name },
        User::Delete { name, .. } => Request::Delete { name },
        User::AppPassword(of) => of.into(),
        User::Filter(of) => of.request()?,
        User::MailKey(of) => of.request()?,
        User::Setting { name: user, key: None, .. } => settings::Request::Settings { user }.into(),
        User::Setting { name: user, key: Some(key), value } => {
            settings::Request::Set { user, key, value }.into()
        }
        User::Log { name: user } => credentials::Request::Log { user }.into(),
        User::NoSecondFactor { name: user } => credentials::Request::NoSecondFactor { user }.into(),
        User::AddAddress { name, address } => Request::AddAddress { name, address },
        User::RemoveAddress { name, address } => Request::RemoveAddress { name, address },
    })
}

fn show(reply: Reply) -> ExitCode {
    match reply {
        Reply::Done { said } if said.is_empty() => ExitCode::SUCCESS,
        Reply::Done { said } => {
            say(&format!("{said}\n"));
            ExitCode::SUCCESS
        }
        Reply::Users { rows, .. } => {
            rows.iter().for_each(|row| say(&line(row)));
            ExitCode::SUCCESS
        }
        Reply::Refused { reason } => {
            eprintln!("mailserver: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn list(office: &mut Office) -> Result<ExitCode, Problem> {
    let mut after = None;
    loop {
        let reply = office.ask(Request::List { after }).await?;
        let next = match &reply {
            Reply::Users { next, .. } => *next,
            _ => None,
        };
        let code = show(reply);
        if next.is_none() {
            return Ok(code);
        }
        after = next;
    }
}

/// Account, name, state, limits and addresses, separated by tabs, for other programs to read.
fn line(row: &Row) -> String {
    let state = match row.state {
        State::Active => "active",
        State::Disabled => "disabled",
        State::Suspended => "suspended",
    };
    let limit = |limit: Option<u64>| limit.map_or("-".to_owned(), |limit| limit.to_string());
    let (bytes, messages) = (limit(row.quota_bytes), limit(row.quota_messages));
    let more = if row.more_addresses { ",..." } else { "" };
    let addresses = format!("{}{more}", row.addresses.join(","));
    format!("{}\t{}\t{state}\t{bytes}\t{messages}\t{addresses}\n", row.account, row.name)
}

/// Where requests are carried out.
enum Office {
    /// By the running server.
    There(Client),
    /// Here, on the store itself, which no server uses.
    Here(store::Store),
}

impl Office {
    async fn open(config: &Config) -> Result<Self, Problem> {
        match Client::connect(&config.directory)? {
            Some(client) => Ok(Self::There(client)),
            None => store::open(config, Away::Fail).await.map(Self::Here),
        }
    }

    async fn ask(&mut self, request: Request) -> Result<Reply, Problem> {
        match self {
            Self::There(client) => client.ask(&request),
            Self::Here(store) => Ok(carry_out(store, request).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What clap would find out only when the command is given.
    #[test]
    fn the_command_line_is_sound() {
        use clap::{CommandFactory, Parser};

        use crate::Arguments;

        Arguments::command().debug_assert();
        let read = |words: &str| Arguments::try_parse_from(words.split(' ')).is_ok();
        for good in [
            "mailserver token add --root",
            "mailserver token add --role audit --days 30 --label x",
            "mailserver token add --user alice --scopes imap,http",
            "mailserver user app-password add alice --scopes pop3",
            "mailserver user delete alice --yes",
            "mailserver user setting alice pop3/dele trash",
            "mailserver user mail-key set alice --key alice.asc --covers everything",
            "mailserver forward set a@b.example c@d.example e@f.example",
        ] {
            assert!(read(good), "{good}");
        }
        for bad in [
            "mailserver token add",
            "mailserver token add --root --role audit",
            "mailserver token add --root --scopes imap",
            "mailserver user delete alice",
            "mailserver user mail-key set alice",
            "mailserver forward set a@b.example",
        ] {
            assert!(!read(bad), "{bad}");
        }
    }

    #[test]
    fn a_line_of_the_list() {
        let mut row = Row {
            account: 7,
            name: "alice".into(),
            state: State::Active,
            quota_bytes: None,
            quota_messages: Some(5),
            addresses: vec!["a@b.example".into(), "c@d.example".into()],
            more_addresses: false,
        };
        assert_eq!(line(&row), "7\talice\tactive\t-\t5\ta@b.example,c@d.example\n");
        (row.state, row.more_addresses) = (State::Disabled, true);
        assert_eq!(line(&row), "7\talice\tdisabled\t-\t5\ta@b.example,c@d.example,...\n");
    }
}
