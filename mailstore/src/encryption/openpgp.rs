//! OpenPGP (RFC 9580) and PGP/MIME (RFC 3156).
//!
//! What is not signed by the key itself is not believed: user IDs, subkeys, when they end, and that
//! they are revoked. It is encrypted to the newest subkey that is for encrypting and in force, with
//! AES-256: in the form of RFC 4880 for keys that are of it (SEIPD version 1, which every program
//! reads), with OCB for keys of version 6.

use std::io::Read;

use data_encoding::BASE64;
use pgp::composed::{Deserializable, MessageBuilder, SignedPublicKey};
use pgp::crypto::aead::{AeadAlgorithm, ChunkSize};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::packet::{Signature, SignatureType};
use pgp::types::{EncryptionKey, KeyDetails, KeyVersion, SignedUser, Tag};
use rand_core::OsRng;

use super::checksum::Checksum;
use super::entity::Entity;
use super::lines::Lines;
use super::{KeyInfo, MOST_NAMES, Unusable};
use crate::random::Random;
use crate::time::Timestamp;

/// A key, and which part of it mail is encrypted to.
#[derive(Debug)]
pub(super) struct Recipient {
    key: SignedPublicKey,
    names: Vec<String>,
    part: Part,
    until: Option<u64>,
}

/// Which part of a key can be encrypted to.
#[derive(Clone, Copy, Debug)]
enum Part {
    Primary,
    Subkey(usize),
}

fn bad(error: impl std::fmt::Display) -> Unusable {
    Unusable::new(error.to_string())
}

impl Recipient {
    /// Reads a key that can be encrypted to at that time.
    pub(super) fn read(bytes: &[u8], at: Timestamp) -> Result<Self, Unusable> {
        let (mut keys, _) = SignedPublicKey::from_reader_many(bytes).map_err(bad)?;
        let key = keys.next().ok_or_else(|| Unusable::new("there is no key in it"))?;
        let key = key.map_err(bad)?;
        if keys.next().is_some() {
            return Err(Unusable::new("there is more than one key in it"));
        }
        drop(keys);
        Self::of(key, u64::try_from(at.secs()).unwrap_or_default())
    }

    fn of(key: SignedPublicKey, now: u64) -> Result<Self, Unusable> {
        if !matches!(key.primary_key.version(), KeyVersion::V4 | KeyVersion::V6) {
            return Err(Unusable::new("it is of a version that nobody should use any more"));
        }
        let revoked = |it: &Signature| it.verify_key(&key.primary_key).is_ok();
        if key.details.revocation_signatures.iter().any(revoked) {
            return Err(Unusable::new("it is revoked"));
        }
        let users: Vec<_> = key.details.users.iter().filter(|it| !is_gone(it, &key)).collect();
        let own = newest(own_signatures(&key, &users), now);
        let own = own.ok_or_else(|| Unusable::new("nothing in it is signed by itself"))?;
        let until = end(&key.primary_key, own);
        in_force(until, now)?;
        let (part, part_until) = part(&key, own, now)?;
        in_force(part_until, now)?;
        let until = [until, part_until].into_iter().flatten().min();
        let name = |user: &&SignedUser| String::from_utf8_lossy(user.id.id()).into_owned();
        let names = users.iter().take(MOST_NAMES).map(name).collect();
        Ok(Self { part, until, names, key })
    }

    pub(super) fn info(&self) -> KeyInfo {
        let secs = |secs| Timestamp::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
        KeyInfo {
            fingerprint: format!("{:X}", self.key.fingerprint()),
            names: self.names.clone(),
            until: self.until.map(secs),
        }
    }

    /// The message as PGP/MIME.
    pub(super) fn encrypt(&self, entity: &Entity<'_>) -> Result<Vec<u8>, Unusable> {
        let boundary = format!("mailstore-{:032x}", Random::draw().0);
        let inside = entity.inside_len();
        let room = entity.outside_len() + Lines::len(inside + inside / 512) + ROOM;
        let mut out = Vec::with_capacity(room);
        entity.write_header(&mut out);
        out.extend_from_slice(head(&boundary).as_bytes());
        let mut lines = Checksum::new(Lines::new(&mut out));
        match self.part {
            Part::Primary => self.seal(&self.key.primary_key, entity.reader(), &mut lines)?,
            Part::Subkey(at) => {
                self.seal(&&self.key.public_subkeys[at].key, entity.reader(), &mut lines)?;
            }
        }
        let (lines, checksum) = lines.finish();
        lines.finish();
        out.extend_from_slice(format!("={}\r\n", BASE64.encode(&checksum)).as_bytes());
        out.extend_from_slice(tail(&boundary).as_bytes());
        Ok(out)
    }

    fn seal(
        &self,
        to: &impl EncryptionKey,
        entity: impl Read,
        out: &mut Checksum<Lines<'_>>,
    ) -> Result<(), Unusable> {
        let aes = SymmetricKeyAlgorithm::AES256;
        let builder = MessageBuilder::from_reader("", entity);
        if self.key.primary_key.version() == KeyVersion::V6 {
            let chunks = ChunkSize::default();
            let mut builder = builder.seipd_v2(OsRng, aes, AeadAlgorithm::Ocb, chunks);
            builder.encrypt_to_key(OsRng, to).map_err(bad)?;
            return builder.to_writer(OsRng, out).map_err(bad);
        }
        let mut builder = builder.seipd_v1(OsRng, aes);
        builder.encrypt_to_key(OsRng, to).map_err(bad)?;
        builder.to_writer(OsRng, out).map_err(bad)
    }
}

/// More than what is around the text takes.
const ROOM: usize = 8 * 1024;

fn head(boundary: &str) -> String {
    format!(
        "MIME-Version: 1.0\r\n\
         Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n\
         \x20boundary=\"{boundary}\"\r\n\
         \r\n\
         --{boundary}\r\n\
         Content-Type: application/pgp-encrypted\r\n\
         \r\n\
         Version: 1\r\n\
         \r\n\
         --{boundary}\r\n\
         Content-Type: application/octet-stream; name=\"encrypted.asc\"\r\n\
         Content-Disposition: inline; filename=\"encrypted.asc\"\r\n\
         \r\n\
         -----BEGIN PGP MESSAGE-----\r\n\
         \r\n"
    )
}

fn tail(boundary: &str) -> String {
    format!("-----END PGP MESSAGE-----\r\n\r\n--{boundary}--\r\n")
}

/// The signatures of a key about itself as a whole: on user IDs that are not revoked, and on
/// nothing else (RFC 9580 5.2.1.4).
fn own_signatures<'a>(
    key: &'a SignedPublicKey,
    users: &'a [&'a SignedUser],
) -> impl Iterator<Item = &'a Signature> {
    let on_users = users.iter().flat_map(move |user| certifications(user, key));
    let direct = key.details.direct_signatures.iter();
    let direct = direct.filter(|it| it.typ() == Some(SignatureType::Key));
    on_users.chain(direct.filter(|it| it.verify_key(&key.primary_key).is_ok()))
}

fn certifications<'a>(
    user: &'a SignedUser,
    key: &'a SignedPublicKey,
) -> impl Iterator<Item = &'a Signature> {
    let made = |it: &&Signature| it.typ() != Some(SignatureType::CertRevocation);
    user.signatures.iter().filter(made).filter(|it| certifies(it, user, key))
}

fn certifies(signature: &Signature, user: &SignedUser, key: &SignedPublicKey) -> bool {
    signature.is_certification()
        && signature.verify_certification(&key.primary_key, Tag::UserId, &user.id).is_ok()
}

/// Whether a user ID is not the key's, or is so no more.
fn is_gone(user: &SignedUser, key: &SignedPublicKey) -> bool {
    let revokes = |it: &&Signature| it.typ() == Some(SignatureType::CertRevocation);
    let revoked = user.signatures.iter().filter(revokes).any(|it| certifies(it, user, key));
    revoked || certifications(user, key).next().is_none()
}

/// The newest of signatures that are in force.
fn newest<'a>(all: impl Iterator<Item = &'a Signature>, now: u64) -> Option<&'a Signature> {
    let made = |it: &Signature| it.created().map_or(u64::MAX, |made| made.as_secs().into());
    let over = |it: &Signature| {
        let lasts = it.signature_expiration_time().map_or(0, |lasts| u64::from(lasts.as_secs()));
        lasts != 0 && made(it).saturating_add(lasts) <= now
    };
    all.filter(|it| made(it) <= now && !over(it)).max_by_key(|it| made(it))
}

/// When a key ends, as a signature about it says (RFC 9580 5.2.3.13).
fn end(key: &impl KeyDetails, signature: &Signature) -> Option<u64> {
    let lasts = signature.key_expiration_time()?.as_secs();
    (lasts != 0).then(|| u64::from(key.created_at().as_secs()) + u64::from(lasts))
}

fn in_force(until: Option<u64>, now: u64) -> Result<(), Unusable> {
    match until {
        Some(until) if until <= now => Err(Unusable::new("it has expired")),
        _ => Ok(()),
    }
}

/// The newest part that is for encrypting, and when it ends. Of those that are over it is the one
/// that was so last.
fn part(key: &SignedPublicKey, own: &Signature, now: u64) -> Result<(Part, Option<u64>), Unusable> {
    let made = |at: usize| key.public_subkeys[at].key.created_at().as_secs();
    let subkeys = (0..key.public_subkeys.len()).filter_map(|at| {
        let signature = binding(key, at, now)?;
        let subkey = &key.public_subkeys[at].key;
        let good = encrypts(signature) && subkey.algorithm().can_encrypt();
        good.then(|| (at, end(subkey, signature)))
    });
    let lasting = |until: Option<u64>| until.is_none_or(|until| until > now);
    let best = subkeys.max_by_key(|(at, until)| (lasting(*until), made(*at)));
    match best {
        Some((at, until)) => Ok((Part::Subkey(at), until)),
        None if encrypts(own) && key.primary_key.algorithm().can_encrypt() => {
            Ok((Part::Primary, None))
        }
        None => Err(Unusable::new("it has no part that mail can be encrypted to")),
    }
}

fn encrypts(signature: &Signature) -> bool {
    let flags = signature.key_flags();
    flags.encrypt_storage() || flags.encrypt_comms()
}

/// What binds a subkey to its key (RFC 9580 5.2.1.8), unless it is revoked.
fn binding(key: &SignedPublicKey, at: usize, now: u64) -> Option<&Signature> {
    let subkey = &key.public_subkeys[at];
    let of = |kind| {
        let all = subkey.signatures.iter().filter(move |it| it.typ() == Some(kind));
        all.filter(|it| it.verify_subkey_binding(&key.primary_key, &subkey.key).is_ok())
    };
    match of(SignatureType::SubkeyRevocation).next() {
        Some(_) => None,
        None => newest(of(SignatureType::SubkeyBinding), now),
    }
}

#[cfg(test)]
mod tests {
    use pgp::composed::{Message, SignedSecretKey};

    use super::super::Source;
    use super::*;

    /// In 2022.
    const NOW: Timestamp = Timestamp::from_secs(1_650_000_000);

    macro_rules! key {
        ($name:literal) => {
            include_bytes!(concat!("../../tests/keys/", $name))
        };
    }

    fn why(bytes: &[u8], at: Timestamp) -> String {
        Recipient::read(bytes, at).unwrap_err().0
    }

    #[test]
    fn a_key_says_what_it_is() {
        let info = Recipient::read(key!("curve.asc"), NOW).unwrap().info();
        assert_eq!(info.names, ["Curve <curve@example.com>"]);
        assert_eq!((info.fingerprint.len(), info.until), (40, None));
        let binary = Recipient::read(key!("curve.gpg"), NOW).unwrap().info();
        assert_eq!(binary, info);
        let in_2020 = Timestamp::from_secs(1_590_000_000);
        let until = Some(Timestamp::from_secs(1_577_836_800 + 365 * 24 * 3600));
        for ends in [&key!("expired.asc")[..], key!("subkey.asc")] {
            assert_eq!(Recipient::read(ends, in_2020).unwrap().info().until, until);
        }
    }

    #[test]
    fn what_is_not_in_force_is_not_used() {
        for (key, expected) in [
            (&key!("expired.asc")[..], "it has expired"),
            (key!("subkey.asc"), "it has expired"),
            (key!("revoked.asc"), "it is revoked"),
            (key!("signs.asc"), "it has no part that mail can be encrypted to"),
            (key!("two.asc"), "there is more than one key in it"),
        ] {
            assert_eq!(why(key, NOW), expected);
        }
        // A subkey counts for nothing without the signature that binds it, nor does a user ID.
        let binary = key!("curve.gpg");
        let mut altered = binary.to_vec();
        *altered.last_mut().unwrap() ^= 1;
        assert_eq!(why(&altered, NOW), "it has no part that mail can be encrypted to");
        let name = binary.windows(5).position(|window| window == b"Curve").unwrap();
        let mut altered = binary.to_vec();
        altered[name] = b'c';
        assert_eq!(why(&altered, NOW), "nothing in it is signed by itself");
        // It was made in 2020.
        assert_eq!(why(binary, Timestamp::from_secs(0)), "nothing in it is signed by itself");
    }

    #[test]
    fn the_secret_key_opens_it() {
        let (secret, _) =
            SignedSecretKey::from_reader_single(&key!("curve.secret.asc")[..]).unwrap();
        for len in [0, 1, 1000, 3_000_000] {
            let body: Vec<u8> = (0..len).map(|at: u32| (at * 7 % 251) as u8).collect();
            let header = b"Subject: x\r\nContent-Type: text/plain\r\n\r\n";
            let message = Source {
                message: [&header[..], &body].concat().into(),
                header: header.len(),
                ..Source::default()
            };
            let recipient = Recipient::read(key!("curve.asc"), NOW).unwrap();
            let encrypted = recipient.encrypt(&Entity::of(&message)).unwrap();
            let room = encrypted.capacity();
            let encrypted = String::from_utf8(encrypted).unwrap();
            assert!(encrypted.starts_with("Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: mul"));
            assert!(room < 2 * ROOM + len as usize * 14 / 10, "{room} bytes were taken for {len}");
            let armour = encrypted.find("-----BEGIN PGP").unwrap();
            let (opened, _) = Message::from_armor(&encrypted.as_bytes()[armour..]).unwrap();
            let opened = opened.decrypt(&"".into(), &secret).unwrap().as_data_vec().unwrap();
            assert_eq!(opened, [&header[12..], &body].concat());
        }
    }
}
