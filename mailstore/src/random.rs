//! Randomness as an argument: the pure core never draws any itself.

/// 256 random bits from the operating system, to be kept secret.
#[cfg(feature = "accounts")]
pub(crate) fn secret() -> Result<[u8; 32], getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map(|()| bytes)
}

/// 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Random(pub u128);

impl Random {
    /// From the operating system. Falls back to a hash of the clock and a counter if that fails,
    /// which is unique within a process and nearly so across processes.
    pub fn draw() -> Self {
        let mut bytes = [0; 16];
        if getrandom::fill(&mut bytes).is_err() {
            use std::sync::atomic::{AtomicU64, Ordering};
            static COUNTER: AtomicU64 = AtomicU64::new(0);
            let count = COUNTER.fetch_add(1, Ordering::Relaxed);
            let seed = (crate::time::Timestamp::now().millis(), std::process::id(), count);
            let hash = blake3::hash(format!("{seed:?}").as_bytes());
            bytes.copy_from_slice(&hash.as_bytes()[..16]);
        }
        Self(u128::from_le_bytes(bytes))
    }
}
