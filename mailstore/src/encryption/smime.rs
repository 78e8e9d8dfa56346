//! S/MIME (RFC 8551): EnvelopedData (RFC 5652 6) for a certificate.
//!
//! The content is encrypted with AES-256-CBC, and its key with RSA (PKCS #1 v1.5) or by ECDH on P-256
//! or P-384 (RFC 5753): what every program opens. Whether a certificate is trusted is for its owner
//! to know; what it says of its use and its end is obeyed (RFC 8550 4.4).

use std::io::{Read, Write};

use aes::cipher::{BlockEncryptMut, KeyIvInit};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use rand_core::{OsRng, RngCore};
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Encrypt, RsaPublicKey};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, Encode};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName};
use x509_cert::spki::ObjectIdentifier;

use super::entity::Entity;
use super::lines::Lines;
use super::{KeyInfo, MOST_NAMES, Unusable, der};
use crate::time::Timestamp;

/// rsaEncryption (RFC 8017 C).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// id-ecPublicKey (RFC 5480 2.1.1).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// secp256r1 and secp384r1 (RFC 5480 2.1.1.1).
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// id-data and id-envelopedData (RFC 5652 4, 6.1).
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENVELOPED: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");
/// aes256-CBC and aes256-wrap (RFC 3565 4.1, 2.3.2).
const AES_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const AES_WRAP: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.45");
/// dhSinglePass-stdDH-sha256kdf-scheme (RFC 5753 7.1.4).
const ECDH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.1.11.1");
/// id-kp-emailProtection and anyExtendedKeyUsage (RFC 5280 4.2.1.12).
const EMAIL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4");
const ANY_USE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// The shortest RSA key that is used, in bits (RFC 8551 4.1 wants 2048 at least).
const SHORTEST_RSA: usize = 2048;
/// Bytes of a block of AES.
const BLOCK: usize = 16;

/// A certificate that mail can be encrypted to.
#[derive(Debug)]
pub(super) struct Recipient {
    certificate: Certificate,
    fingerprint: String,
    key: Key,
    until: Timestamp,
}

/// Its key.
#[derive(Debug)]
enum Key {
    Rsa(Box<RsaPublicKey>),
    P256(Box<p256::PublicKey>),
    P384(Box<p384::PublicKey>),
}

fn bad(error: impl std::fmt::Display) -> Unusable {
    Unusable::new(error.to_string())
}

fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    der::value(0x06, &[oid.as_bytes()])
}

impl Recipient {
    /// Reads a certificate that is in force at that time.
    pub(super) fn read(bytes: &[u8], at: Timestamp) -> Result<Self, Unusable> {
        let certificate = match bytes.first() {
            Some(0x30) => Certificate::from_der(bytes),
            _ => Certificate::from_pem(pem(bytes)?),
        };
        let certificate = certificate.map_err(bad)?;
        let validity = &certificate.tbs_certificate.validity;
        let moment = |time: &x509_cert::time::Time| {
            Timestamp::from_secs(
                i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX),
            )
        };
        let (from, until) = (moment(&validity.not_before), moment(&validity.not_after));
        if at < from {
            return Err(Unusable::new("it is not yet valid"));
        }
        if at > until {
            return Err(Unusable::new("it has expired"));
        }
        let key = Key::of(&certificate)?;
        check_use(&certificate, &key)?;
        let der = certificate.to_der().map_err(bad)?;
        let fingerprint = data_encoding::HEXUPPER.encode(&Sha256::digest(&der));
        Ok(Self { certificate, fingerprint, key, until })
    }

    pub(super) fn info(&self) -> KeyInfo {
        let certificate = &self.certificate.tbs_certificate;
        let mut names = vec![certificate.subject.to_string()];
        if let Ok(Some((_, SubjectAltName(all)))) = certificate.get() {
            names.extend(all.into_iter().filter_map(|name| match name {
                GeneralName::Rfc822Name(address) => Some(address.to_string()),
                _ => None,
            }));
        }
        names.truncate(MOST_NAMES);
        KeyInfo { fingerprint: self.fingerprint.clone(), names, until: Some(self.until) }
    }

    /// The message as `application/pkcs7-mime`.
    pub(super) fn encrypt(&self, entity: &Entity<'_>) -> Result<Vec<u8>, Unusable> {
        let (mut key, mut iv) = ([0; 32], [0; BLOCK]);
        OsRng.try_fill_bytes(&mut key).and_then(|()| OsRng.try_fill_bytes(&mut iv)).map_err(bad)?;
        let front = self.front(&key, &iv, sealed_len(entity.inside_len()))?;
        let room = Lines::len(front.len() + sealed_len(entity.inside_len()));
        let mut out = Vec::with_capacity(entity.outside_len() + HEAD.len() + room + 2);
        entity.write_header(&mut out);
        out.extend_from_slice(HEAD.as_bytes());
        let mut lines = Lines::new(&mut out);
        lines.write_all(&front).map_err(bad)?;
        seal((&key, &iv), entity.reader(), &mut lines).map_err(bad)?;
        lines.finish();
        Ok(out)
    }

    /// All of a ContentInfo that stands in front of so many bytes of encrypted content, which are
    /// its end (RFC 5652 3, 6.1).
    fn front(&self, key: &[u8; 32], iv: &[u8; BLOCK], len: usize) -> Result<Vec<u8>, Unusable> {
        let (version, recipient) = self.recipient_info(key)?;
        let cipher = der::sequence(&[&oid(AES_CBC), &der::octets(iv)]);
        let mut front = [oid(DATA), cipher, der::head(0x80, len)].concat();
        for (tag, before) in [
            (0x30, [vec![2, 1, version], der::value(0x31, &[&recipient])].concat()),
            (0x30, Vec::new()),
            (0xa0, oid(ENVELOPED)),
            (0x30, Vec::new()),
        ] {
            front = [before, der::head(tag, front.len() + len), front].concat();
        }
        Ok(front)
    }

    /// The key for its owner (RFC 5652 6.2), and the version of what it stands in (RFC 5652 6.1).
    fn recipient_info(&self, key: &[u8; 32]) -> Result<(u8, Vec<u8>), Unusable> {
        let certificate = &self.certificate.tbs_certificate;
        let issuer = certificate.issuer.to_der().map_err(bad)?;
        let serial = certificate.serial_number.to_der().map_err(bad)?;
        let whose = der::sequence(&[&issuer, &serial]);
        match &self.key {
            Key::Rsa(rsa) => {
                let sealed = rsa.encrypt(&mut OsRng, Pkcs1v15Encrypt, key).map_err(bad)?;
                let cipher = der::sequence(&[&oid(RSA), &[5, 0]]);
                Ok((0, der::sequence(&[&[2, 1, 0], &whose, &cipher, &der::octets(&sealed)])))
            }
            Key::P256(theirs) => {
                let ours = p256::ecdh::EphemeralSecret::random(&mut OsRng);
                let shared = ours.diffie_hellman(theirs);
                let point = ours.public_key().to_encoded_point(false);
                let agreed = Agreed { curve: P256, point: point.as_bytes() };
                agreed.recipient_info(shared.raw_secret_bytes(), &whose, key)
            }
            Key::P384(theirs) => {
                let ours = p384::ecdh::EphemeralSecret::random(&mut OsRng);
                let shared = ours.diffie_hellman(theirs);
                let point = ours.public_key().to_encoded_point(false);
                let agreed = Agreed { curve: P384, point: point.as_bytes() };
                agreed.recipient_info(shared.raw_secret_bytes(), &whose, key)
            }
        }
    }
}

/// The sender's half of an agreement.
struct Agreed<'a> {
    curve: ObjectIdentifier,
    point: &'a [u8],
}

impl Agreed<'_> {
    /// KeyAgreeRecipientInfo (RFC 5652 6.2.2, RFC 5753 3.1).
    fn recipient_info(
        &self,
        shared: &[u8],
        whose: &[u8],
        key: &[u8; 32],
    ) -> Result<(u8, Vec<u8>), Unusable> {
        let wrap = der::sequence(&[&oid(AES_WRAP)]);
        let kek = aes_kw::KekAes256::from(derive(shared, &wrap));
        let mut sealed = [0; 40];
        kek.wrap(key, &mut sealed).map_err(bad)?;
        let curve = der::sequence(&[&oid(EC), &oid(self.curve)]);
        let ours = der::value(0xa1, &[&curve, &der::value(0x03, &[&[0], self.point])]);
        let info = der::value(
            0xa1,
            &[
                &[2, 1, 3],
                &der::value(0xa0, &[&ours]),
                &der::sequence(&[&oid(ECDH), &wrap]),
                &der::sequence(&[&der::sequence(&[whose, &der::octets(&sealed)])]),
            ],
        );
        Ok((2, info))
    }
}

/// The key that the content's key is wrapped with: 256 bits of the KDF of X9.63, which with SHA-256
/// is one round (RFC 5753 7.2).
fn derive(shared: &[u8], wrap: &[u8]) -> [u8; 32] {
    let bits = der::value(0xa2, &[&der::octets(&256_u32.to_be_bytes())]);
    let info = der::sequence(&[wrap, &bits]);
    let hash = Sha256::new().chain_update(shared).chain_update(1_u32.to_be_bytes());
    hash.chain_update(info).finalize().into()
}

impl Key {
    fn of(certificate: &Certificate) -> Result<Self, Unusable> {
        let info = &certificate.tbs_certificate.subject_public_key_info;
        let bytes = info.subject_public_key.raw_bytes();
        let curve = || info.algorithm.parameters.as_ref().and_then(|it| it.decode_as().ok());
        match info.algorithm.oid {
            RSA => {
                let key = RsaPublicKey::from_pkcs1_der(bytes).map_err(bad)?;
                match key.n().bits() {
                    ..SHORTEST_RSA => Err(Unusable::new("its RSA key is too short")),
                    _ => Ok(Self::Rsa(Box::new(key))),
                }
            }
            EC if curve() == Some(P256) => {
                let key = p256::PublicKey::from_sec1_bytes(bytes).map_err(bad)?;
                Ok(Self::P256(Box::new(key)))
            }
            EC if curve() == Some(P384) => {
                let key = p384::PublicKey::from_sec1_bytes(bytes).map_err(bad)?;
                Ok(Self::P384(Box::new(key)))
            }
            _ => Err(Unusable::new("its key is none of RSA, P-256 and P-384")),
        }
    }

    /// What a certificate must allow (RFC 5280 4.2.1.3).
    fn needs(&self) -> KeyUsages {
        match self {
            Self::Rsa(_) => KeyUsages::KeyEncipherment,
            _ => KeyUsages::KeyAgreement,
        }
    }
}

/// Whether a certificate is for encrypting mail (RFC 8550 4.4.2, 4.4.4).
fn check_use(certificate: &Certificate, key: &Key) -> Result<(), Unusable> {
    let certificate = &certificate.tbs_certificate;
    let usage: Option<(bool, KeyUsage)> = certificate.get().map_err(bad)?;
    if usage.is_some_and(|(_, KeyUsage(allowed))| !allowed.contains(key.needs())) {
        return Err(Unusable::new("it is not for encrypting"));
    }
    let extended: Option<(bool, ExtendedKeyUsage)> = certificate.get().map_err(bad)?;
    let for_mail = |uses: &[ObjectIdentifier]| uses.contains(&EMAIL) || uses.contains(&ANY_USE);
    match extended {
        Some((_, ExtendedKeyUsage(uses))) if !for_mail(&uses) => {
            Err(Unusable::new("it is not for mail"))
        }
        _ => Ok(()),
    }
}

/// The one certificate in a text.
fn pem(bytes: &[u8]) -> Result<&[u8], Unusable> {
    let find = |from: usize, text: &str| {
        let found = memchr::memmem::find(bytes.get(from..)?, text.as_bytes())?;
        Some(from + found)
    };
    let none = || Unusable::new("there is no certificate in it");
    const END: &str = "-----END CERTIFICATE-----";
    let start = find(0, "-----BEGIN CERTIFICATE-----").ok_or_else(none)?;
    let end = find(start, END).ok_or_else(none)? + END.len();
    match find(end, "-----BEGIN") {
        Some(_) => Err(Unusable::new("there is more than one certificate in it")),
        None => Ok(&bytes[start..end]),
    }
}

const HEAD: &str = "MIME-Version: 1.0\r\n\
    Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n\
    \x20name=\"smime.p7m\"\r\n\
    Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\
    Content-Transfer-Encoding: base64\r\n\
    \r\n";

/// How many bytes so many become: there is always padding (RFC 5652 6.3).
fn sealed_len(len: usize) -> usize {
    len / BLOCK * BLOCK + BLOCK
}

/// AES-256-CBC, block by block.
fn seal(
    (key, iv): (&[u8; 32], &[u8; BLOCK]),
    mut from: impl Read,
    to: &mut impl Write,
) -> std::io::Result<()> {
    let mut cipher = cbc::Encryptor::<aes::Aes256>::new(key.into(), iv.into());
    loop {
        let mut block = [0; BLOCK];
        let mut held = 0;
        while held < BLOCK {
            match from.read(&mut block[held..])? {
                0 => break,
                more => held += more,
            }
        }
        block[held..].fill((BLOCK - held) as u8);
        cipher.encrypt_block_mut((&mut block).into());
        to.write_all(&block)?;
        if held < BLOCK {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;

    /// In 2022.
    const NOW: Timestamp = Timestamp::from_secs(1_650_000_000);

    macro_rules! key {
        ($name:literal) => {
            include_bytes!(concat!("../../tests/keys/", $name))
        };
    }

    #[test]
    fn a_certificate_says_what_it_is() {
        let info = Recipient::read(key!("p256.pem"), NOW).unwrap().info();
        assert_eq!(info.names, ["CN=Alice p256", "alice@example.com"]);
        assert_eq!(info.fingerprint.len(), 64);
        assert_eq!(info.until, Some(Timestamp::from_secs(4_102_444_800)));
        let read = |bytes: &[u8]| Recipient::read(bytes, NOW).map(|it| it.info());
        assert_eq!(read(key!("p256.der")), Ok(info));
        assert!(read(key!("rsa.pem")).is_ok() && read(key!("p384.pem")).is_ok());
    }

    #[test]
    fn what_is_not_for_mail_is_not_used() {
        let why = |bytes: &[u8], at| Recipient::read(bytes, at).unwrap_err().0;
        for (key, expected) in [
            (&key!("expired.pem")[..], "it has expired"),
            (key!("signs.pem"), "it is not for encrypting"),
            (key!("server.pem"), "it is not for mail"),
            (key!("ed.pem"), "its key is none of RSA, P-256 and P-384"),
            (key!("short.pem"), "its RSA key is too short"),
            (b"-----BEGIN CERTIFICATE-----", "there is no certificate in it"),
        ] {
            assert_eq!(why(key, NOW), expected);
        }
        let two = [&key!("p256.pem")[..], key!("rsa.pem")].concat();
        assert_eq!(why(&two, NOW), "there is more than one certificate in it");
        assert_eq!(why(key!("rsa.pem"), Timestamp::from_secs(0)), "it is not yet valid");
    }

    /// All lengths are right, and the memory for it was taken at once. `clients_encrypted` of the
    /// server opens it.
    #[test]
    fn it_is_one_value() {
        for key in [&key!("rsa.pem")[..], key!("p384.pem")] {
            for len in [0, 15, 16, 17, 1_000_000] {
                let message = Source { message: vec![b'x'; len].into(), ..Source::default() };
                let entity = Entity::of(&message);
                let encrypted = Recipient::read(key, NOW).unwrap().encrypt(&entity).unwrap();
                assert!(encrypted.capacity() < 2_000 + len * 14 / 10);
                let encrypted = String::from_utf8(encrypted).unwrap();
                let (head, body) = encrypted.split_once("\r\n\r\n").unwrap();
                assert!(head.contains("smime-type=enveloped-data"));
                let body = data_encoding::BASE64.decode(body.replace("\r\n", "").as_bytes());
                let value = x509_cert::der::Any::from_der(&body.unwrap()).unwrap();
                assert!(value.value().len() > sealed_len(entity.inside_len()));
            }
        }
    }
}
