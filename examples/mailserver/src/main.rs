//! A mail server on mailstore: every service in one binary, one configuration file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::config::Config;
use crate::problem::{Doing, Problem};

mod backend;
mod command;
mod config;
mod control;
mod credentials;
mod guide;
mod keys;
mod mail_key;
mod moment;
mod problem;
mod prompt;
mod root;
mod say;
mod serve;
mod service;
mod settings;
mod store;
mod tls;
mod users;

/// A mail server on mailstore. Without a command it serves.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration file; without it mailserver.toml, if there is one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory, instead of the configured one.
    #[arg(long, global = true, value_name = "PATH")]
    directory: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<command::Command>,
}

/// A FETCH allocates for every message it reads; this takes half the time of the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("mailserver: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    let mut config = Config::load(arguments.config.as_deref())?;
    if let Some(directory) = arguments.directory {
        config.directory = directory;
    }
    start_log(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .doing(|| "starting the runtime".to_owned())?;
    let command = arguments.command.unwrap_or(command::Command::Serve);
    runtime.block_on(command::run(command, &config))
}

/// `RUST_LOG`, if it is set, comes before the configuration.
fn start_log(log: &config::Log) -> Result<(), Problem> {
    use std::io::IsTerminal;
    use tracing_subscriber::EnvFilter;

    let text = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_else(|_| log.filter.clone());
    let filter = EnvFilter::try_new(&text).doing(|| format!("reading the log filter {text:?}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}
