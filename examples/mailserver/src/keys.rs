//! The keys that secrets are sealed with: `secret.keys` in the data directory, one a line in
//! hexadecimal, the first in force.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use mailstore::accounts::Keyring;

use crate::config::{Config, Kind};
use crate::problem::{Doing, Problem};

/// Reads the keys. An embedded store without a file gets one; hosts that share a store would each
/// make another, and have none until somebody gives all of them the same.
pub(crate) fn open(config: &Config) -> Result<Option<Keyring>, Problem> {
    let path = config.directory.join("secret.keys");
    let doing = || format!("reading the keys in {}", path.display());
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text).map(Some).doing(doing),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match config.backend.store {
            Kind::Embedded => make(&path).map(Some).doing(doing),
            Kind::Mongodb => Ok(None),
        },
        Err(error) => Err(error).doing(doing),
    }
}

fn parse(text: &str) -> Result<Keyring, &'static str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut keys = lines.map(|line| key(line).ok_or("a key is 64 hexadecimal digits on a line"));
    let first = keys.next().ok_or("there is none")??;
    let others: Vec<_> = keys.collect::<Result<_, _>>()?;
    Ok(Keyring::new(first, others))
}

fn key(line: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if line.len() != 64 || !line.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in key.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&line[at..at + 2], 16).ok()?;
    }
    Some(key)
}

/// Makes a file for its owner only. It is safe on the disk before anything is sealed with it.
fn make(path: &Path) -> io::Result<Keyring> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    let line: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_all()?;
    Ok(Keyring::new(key, []))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keys_are_made_once_and_for_their_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let config = Config { directory: directory.path().to_owned(), ..Config::default() };
        assert!(open(&config).unwrap().is_some());
        let path = directory.path().join("secret.keys");
        let made = fs::read_to_string(&path).unwrap();
        assert!(open(&config).unwrap().is_some());
        assert_eq!(fs::read_to_string(&path).unwrap(), made);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn hosts_that_share_a_store_make_no_keys_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        let backend = crate::config::Backend { store: Kind::Mongodb, ..Default::default() };
        let path = directory.path().to_owned();
        let config = Config { directory: path, backend, ..Config::default() };
        assert!(open(&config).unwrap().is_none());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let (one, other) = ("0f".repeat(32), "F0".repeat(32));
        assert_eq!(format!("{:?}", parse(&format!("{one}\n\n{other}\n")).unwrap()), "Keyring of 2");
        for bad in ["", "\n", "0f", &"+f".repeat(32), &"é".repeat(32), &format!("{one}\nx")] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
