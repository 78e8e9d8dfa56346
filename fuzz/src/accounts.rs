//! Whatever is given as a name, a recipient, a hash or scopes: read or refused, and always the same.

use mailstore::accounts::{Address, Name, PasswordHash, Recipient, Scopes};

/// Reads these bytes.
pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(name) = Name::new(&text) {
        assert_eq!(Name::new(name.as_str()), Ok(name));
    }
    if let Ok(address) = Address::new(&text) {
        assert_eq!(Address::new(address.as_str()), Ok(address));
    }
    if let Some(recipient) = Recipient::parse(&text) {
        assert!(recipient.label.is_none_or(|label| text.contains('+') && !label.is_empty()));
    }
    if let Ok(hash) = PasswordHash::import(&text) {
        assert_eq!(PasswordHash::import(hash.as_str()), Ok(hash));
    }
    if let Ok(scopes) = text.parse::<Scopes>() {
        assert_eq!(scopes.to_string().parse(), Ok(scopes));
    }
}
