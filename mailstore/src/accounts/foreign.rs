//! Hashes that other systems made: verified until their user logs in, and then made anew.
//!
//! ```text
//! $2a$ $2b$ $2y$             bcrypt
//! $5$ $6$                    sha256-crypt and sha512-crypt (crypt(3))
//! $1$                        md5-crypt (crypt(3))
//! $pbkdf2$ $pbkdf2-sha256$ $pbkdf2-sha512$   PBKDF2, as PHC strings and passlib write it
//! {CRYPT}..., {BLF-CRYPT}..., and the like   the same, with the name of their scheme in front
//! ```

use data_encoding::BASE64_NOPAD;
use md5::{Digest, Md5};
use sha_crypt::{PasswordVerifier, ShaCrypt};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::PasswordError;

/// The most that the verification of a hash may cost: at most some seconds.
const BCRYPT_COST: u32 = 15;
const SHA_ROUNDS: u32 = 2_000_000;
const PBKDF2_ROUNDS: u32 = 5_000_000;

/// A hash that another system made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Foreign<'a> {
    Bcrypt(&'a str),
    Sha(&'a str),
    Md5 { salt: &'a str, digest: &'a str },
    Pbkdf2(Pbkdf2),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pbkdf2 {
    function: Function,
    rounds: u32,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Sha1,
    Sha256,
    Sha512,
}

/// A hash without the name of its scheme.
pub(super) fn bare(text: &str) -> &str {
    match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((_, bare)) => bare,
        None => text,
    }
}

impl<'a> Foreign<'a> {
    /// Reads a hash, and refuses one that costs too much.
    pub(super) fn parse(text: &'a str) -> Result<Self, PasswordError> {
        let bare = bare(text);
        let mut fields = bare.strip_prefix('$').ok_or(PasswordError::UnknownHash)?.split('$');
        match fields.next() {
            Some("2a" | "2b" | "2y") => bcrypt(bare),
            Some("5" | "6") => sha(bare),
            Some("1") => {
                let (salt, digest) = two(&mut fields).ok_or(PasswordError::UnknownHash)?;
                Ok(Self::Md5 { salt, digest })
            }
            Some("pbkdf2") => pbkdf2(Function::Sha1, fields),
            Some("pbkdf2-sha256") => pbkdf2(Function::Sha256, fields),
            Some("pbkdf2-sha512") => pbkdf2(Function::Sha512, fields),
            _ => Err(PasswordError::UnknownHash),
        }
    }

    /// Whether it is the hash of this password. What differs may show in the time only where it
    /// begins to differ in a digest that nobody can choose.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        match self {
            Self::Bcrypt(hash) => std::str::from_utf8(password)
                .is_ok_and(|text| bcrypt::verify(text, hash).unwrap_or(false)),
            Self::Sha(hash) => ShaCrypt::default().verify_password(password, *hash).is_ok(),
            Self::Md5 { salt, digest } => {
                same(md5_crypt(password, salt).as_bytes(), digest.as_bytes())
            }
            Self::Pbkdf2(hash) => same(&hash.of(password), &hash.digest),
        }
    }
}

fn same(one: &[u8], other: &[u8]) -> bool {
    blake3::hash(one) == blake3::hash(other)
}

fn two<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
    let two = (fields.next()?, fields.next()?);
    fields.next().is_none().then_some(two)
}

fn bcrypt(text: &str) -> Result<Foreign<'_>, PasswordError> {
    let cost = text.get(4..6).and_then(|cost| cost.parse::<u32>().ok());
    match cost {
        Some(cost) if cost > BCRYPT_COST => Err(PasswordError::CostlyHash),
        Some(_) if text.len() == 60 && text.is_ascii() => Ok(Foreign::Bcrypt(text)),
        _ => Err(PasswordError::UnknownHash),
    }
}

fn sha(text: &str) -> Result<Foreign<'_>, PasswordError> {
    let rounds = text.split('$').nth(2).and_then(|field| field.strip_prefix("rounds="));
    if rounds.is_some_and(|rounds| rounds.parse::<u32>().is_ok_and(|rounds| rounds > SHA_ROUNDS)) {
        return Err(PasswordError::CostlyHash);
    }
    let fields = text.split('$').count();
    let whole = text.is_ascii() && text.len() < 160 && fields == 4 + usize::from(rounds.is_some());
    whole.then_some(Foreign::Sha(text)).ok_or(PasswordError::UnknownHash)
}

fn pbkdf2<'a>(
    function: Function,
    mut fields: impl Iterator<Item = &'a str>,
) -> Result<Foreign<'a>, PasswordError> {
    let mut read = || {
        let params = fields.next()?;
        let rounds = params.split(',').find_map(|param| param.strip_prefix("i="));
        let rounds: u32 = rounds.unwrap_or(params).parse().ok()?;
        let (salt, digest) = two(&mut fields)?;
        Some(Pbkdf2 { function, rounds, salt: base64(salt)?, digest: base64(digest)? })
    };
    let hash = read().ok_or(PasswordError::UnknownHash)?;
    match hash.rounds {
        0 => Err(PasswordError::UnknownHash),
        rounds if rounds > PBKDF2_ROUNDS => Err(PasswordError::CostlyHash),
        _ if hash.digest.len() < 16 || hash.digest.len() > 64 => Err(PasswordError::UnknownHash),
        _ => Ok(Foreign::Pbkdf2(hash)),
    }
}

/// passlib writes a dot for the plus sign.
fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64_NOPAD.decode(text.replace('.', "+").as_bytes()).ok()
}

impl Pbkdf2 {
    fn of(&self, password: &[u8]) -> Vec<u8> {
        let mut digest = vec![0; self.digest.len()];
        let (salt, rounds, out) = (&self.salt, self.rounds, &mut digest);
        match self.function {
            Function::Sha1 => ::pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, rounds, out),
            Function::Sha256 => ::pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, out),
            Function::Sha512 => ::pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, rounds, out),
        }
        digest
    }
}

/// What crypt(3) does for `$1$`: 1,000 rounds of MD5 over password, salt and the round before.
fn md5_crypt(password: &[u8], salt: &str) -> String {
    let salt = &salt.as_bytes()[..salt.len().min(8)];
    let inner = Md5::new().chain_update(password).chain_update(salt).chain_update(password);
    let inner = inner.finalize();
    let mut first = Md5::new().chain_update(password).chain_update(b"$1$").chain_update(salt);
    for start in (0..password.len()).step_by(16) {
        first.update(&inner[..(password.len() - start).min(16)]);
    }
    let mut bits = password.len();
    while bits > 0 {
        match bits & 1 {
            1 => first.update([0]),
            _ => first.update(&password[..1]),
        }
        bits >>= 1;
    }
    let mut digest: [u8; 16] = first.finalize().into();
    for round in 0..1000 {
        digest = md5_round(round, digest, (password, salt));
    }
    md5_text(&digest)
}

fn md5_round(round: u32, before: [u8; 16], (password, salt): (&[u8], &[u8])) -> [u8; 16] {
    let mut next = Md5::new();
    let odd = round % 2 == 1;
    next.update(if odd { password } else { &before[..] });
    if !round.is_multiple_of(3) {
        next.update(salt);
    }
    if !round.is_multiple_of(7) {
        next.update(password);
    }
    next.update(if odd { &before[..] } else { password });
    next.finalize().into()
}

/// Three bytes at a time, in an order of its own, six bits a letter, the lowest first.
fn md5_text(digest: &[u8; 16]) -> String {
    const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const ORDER: [[usize; 3]; 5] = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]];
    let mut text = String::with_capacity(22);
    let mut put = |mut bits: u32, letters: usize| {
        for _ in 0..letters {
            text.push(char::from(LETTERS[(bits & 63) as usize]));
            bits >>= 6;
        }
    };
    for order in ORDER {
        put(order.iter().fold(0, |bits, at| bits << 8 | u32::from(digest[*at])), 4);
    }
    put(u32::from(digest[11]), 2);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Made by glibc, OpenSSL and Python's hashlib.
    const MADE: [(&str, &str); 10] = [
        ("sesame", "$2b$04$UWjAM5n.1tzKhoRdWWYQPuUAMcRJ6IuhCMUfoqPzabQSfLkrspvAm"),
        ("sesame", "{BLF-CRYPT}$2y$04$UWjAM5n.1tzKhoRdWWYQPuUAMcRJ6IuhCMUfoqPzabQSfLkrspvAm"),
        (
            "Hello world!",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        ),
        (
            "sesame",
            "{CRYPT}$6$rounds=1400$anotherlongsalts$EnG9vZTG7Ur0hq9OkLNh7trK0rxE6MUgZAkAIsFUvmZF.nSZPrlJMY3sXbjKdwrw1r5J7gCvScNuCwaNCy0Yl0",
        ),
        ("Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
        ("Hello world!", "{SHA256-CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
        ("sesame", "$1$abcdefgh$5XhrJpGu.bBXAZh4lT8oY/"),
        ("a longer password than sixteen bytes", "{MD5-CRYPT}$1$ab$QPh5htJmMtcM8zDb4F4FT1"),
        (
            "sesame",
            "$pbkdf2-sha512$i=25000$c2FsdHNhbHRzYWx0c2FsdA$L/WhLxo/PUvtPcq14LVVMEZCE7PsrdtNwy82KwjsaILzK7NIKZ8aoQsPxuKS9h5pdJnzO6zF4FL188oK5JPzwg",
        ),
        ("sesame", "$pbkdf2-sha256$1000$..9zYWx0$PzOx6TEHKVjgUSGp1DZa8Jq/.X6q6YEo6CG82K6s3f8"),
    ];

    #[test]
    fn hashes_of_other_systems_know_their_passwords() {
        for (password, text) in MADE {
            let hash = Foreign::parse(text).unwrap();
            assert!(hash.verify(password.as_bytes()), "{text}");
            for wrong in ["", "sesame ", "Sesame", "hello world!"] {
                assert!(!hash.verify(wrong.as_bytes()), "{text} {wrong}");
            }
        }
    }

    #[test]
    fn a_hash_that_is_unknown_or_costs_too_much_is_refused() {
        for unknown in [
            "",
            "plain",
            "{PLAIN}plain",
            "{SSHA}abcd",
            "$7$x$y",
            "$1$x",
            "$1$x$y$z",
            "$2b$04$short",
            "$2b$xx$UWjAM5n.1tzKhoRdWWYQPuUAMcRJ6IuhCMUfoqPzabQSfLkrspvAm",
            "$6$salt",
            "$pbkdf2-sha256$1000$..9zYWx0$",
            "$pbkdf2-sha256$0$..9zYWx0$PzOx6TEHKVjgUSGp1DZa8Jq/.X6q6YEo6CG82K6s3f8",
            "$pbkdf2-sha256$x$!$!",
        ] {
            assert_eq!(Foreign::parse(unknown), Err(PasswordError::UnknownHash), "{unknown}");
        }
        for costly in [
            "$2b$16$UWjAM5n.1tzKhoRdWWYQPuUAMcRJ6IuhCMUfoqPzabQSfLkrspvAm",
            "$6$rounds=999999999$anotherlongsalts$EnG9",
            "$pbkdf2-sha256$4294967295$..9zYWx0$PzOx6TEHKVjgUSGp1DZa8Jq/.X6q6YEo6CG82K6s3f8",
        ] {
            assert_eq!(Foreign::parse(costly), Err(PasswordError::CostlyHash), "{costly}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_read(
            text in "(\\{[A-Z]{0,4}\\})?\\$(1|5|6|2b|pbkdf2-sha256)\\$(rounds=)?[0-4a-z./]{0,9}\\$[a-zA-Z./$]{0,30}|\\PC{0,20}",
        ) {
            if let Ok(hash) = Foreign::parse(&text) {
                let _ = hash.verify("päss".as_bytes());
            }
        }
    }
}
