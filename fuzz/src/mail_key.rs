//! Any bytes as a key that mail is encrypted to: it is read, or refused with a reason.

use mailstore::encryption::{inspect, recognise};
use mailstore::time::Timestamp;

/// In 2022, when the seeds are in force.
const NOW: Timestamp = Timestamp::from_secs(1_650_000_000);

/// Reads these bytes.
pub(crate) fn run(data: &[u8]) {
    let Ok(key) = recognise(data) else { return };
    assert_eq!(recognise(&key.bytes).as_ref(), Ok(&key));
    if let Ok(info) = inspect(&key, NOW) {
        assert!(!info.fingerprint.is_empty() && info.names.len() <= 20);
        assert!(info.until.is_none_or(|until| until >= NOW));
    }
}
