//! Asking for a password.

use std::env;
use std::io::{self, BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::problem::{Doing, Problem};

/// The environment variable that is looked at first.
const VARIABLE: &str = "MAILSTORE_PASSWORD";

/// A new password: from the environment variable `MAILSTORE_PASSWORD`, or typed twice at a
/// terminal, or else the first line of the standard input. Never from the command line, where all
/// users of the machine could read it.
pub(crate) fn new_password() -> Result<String, Problem> {
    let asking = || "asking for the password".to_owned();
    match env::var(VARIABLE) {
        Ok(password) => Ok(password),
        Err(env::VarError::NotPresent) if io::stdin().is_terminal() => ask_twice().doing(asking),
        Err(env::VarError::NotPresent) => first_line().doing(asking),
        Err(error) => Err(error).doing(|| format!("reading {VARIABLE}")),
    }
}

fn ask_twice() -> io::Result<String> {
    let first = ask("Password: ")?;
    match ask("Again: ")? == first {
        true => Ok(first),
        false => Err(io::Error::other("the two differ")),
    }
}

fn ask(prompt: &str) -> io::Result<String> {
    eprint!("{prompt}");
    io::stderr().flush()?;
    let hidden = Hidden::start()?;
    let line = first_line();
    drop(hidden);
    eprintln!();
    line
}

fn first_line() -> io::Result<String> {
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "nothing was given"));
    }
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}

/// While it lives, the terminal does not show what is typed.
struct Hidden(Termios);

impl Hidden {
    fn start() -> io::Result<Self> {
        let shown = tcgetattr(io::stdin())?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(shown))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
