//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): the client proves that it knows the
//! password, the server that it has its keys, and the password does not cross the wire.
//!
//! ```text
//! C: n,,n=user,r=NONCE                       Opening: what it knows of the channel
//! S: r=NONCE+MORE,s=SALT,i=ITERATIONS        KeysWanted: asks the directory for the keys
//! C: c=biws,r=NONCE+MORE,p=PROOF             Proving
//! S: v=SIGNATURE                             when the directory lets the user in
//! ```

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use mailstore::random::Random;
use mailstore::store::directory::{Credentials, Proven, ScramKey, ScramKeys};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::gs2::{self, Binding};
use super::{
    Bindings, Epilogue, Exchange, Login, MAX_SHORT_LINE, Mechanism, SaslError, State, Step, text,
};

/// The longest first message, in bytes: as base64 it is a short line.
const MAX_FIRST: usize = MAX_SHORT_LINE / 4 * 3;

/// Waits for the client's first message.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) mechanism: Mechanism,
    pub(super) bindings: Bindings,
}

/// The client has said its name; the directory has to give the keys of that name.
#[derive(Debug)]
pub struct KeysWanted {
    name: String,
    authzid: Option<String>,
    /// What the client has to repeat: the GS2 header and the data of its channel binding.
    channel: Vec<u8>,
    client_first: String,
    client_nonce: String,
}

/// Waits for the proof.
#[derive(Debug)]
pub(super) struct Proving {
    wanted: KeysWanted,
    keys: ScramKeys,
    nonce: String,
    server_first: String,
}

impl Opening {
    pub(super) fn step(&self, message: &[u8]) -> Step {
        match self.parse(message) {
            Ok(wanted) => Step::Keys(wanted),
            Err(error) => Step::Failed(error),
        }
    }

    fn parse(&self, message: &[u8]) -> Result<KeysWanted, SaslError> {
        if message.len() > MAX_FIRST {
            return Err(SaslError::TooLong);
        }
        let gs2 = gs2::parse(message)?;
        let mut channel = gs2.header.as_bytes().to_vec();
        channel.extend_from_slice(self.binding(gs2.binding)?);
        let mut fields = gs2.rest.split(',');
        let name = field(fields.next(), "n=").map_err(|_| match gs2.rest.starts_with("m=") {
            true => SaslError::Malformed("unknown extension"),
            false => SaslError::Malformed("SCRAM begins with a name"),
        })?;
        let name = gs2::name(name)?;
        let client_nonce = nonce(field(fields.next(), "r=")?)?.to_owned();
        let authzid = gs2.authzid.filter(|authzid| *authzid != name);
        Ok(KeysWanted { name, authzid, channel, client_first: gs2.rest.to_owned(), client_nonce })
    }

    /// The data of the binding that the client uses. One that uses none, as it thinks that the server
    /// has none, has been lied to about what the server offers (RFC 5802 6).
    fn binding(&self, binding: Binding<'_>) -> Result<&[u8], SaslError> {
        match (self.mechanism, binding) {
            (Mechanism::ScramSha256Plus, Binding::Used(name)) => {
                self.bindings.named(name).ok_or(SaslError::Binding("it is not supported"))
            }
            (Mechanism::ScramSha256Plus, _) => Err(SaslError::Binding("-PLUS needs it")),
            (_, Binding::Used(_)) => Err(SaslError::Binding("it needs -PLUS")),
            (_, Binding::Unused) if !self.bindings.is_empty() => {
                Err(SaslError::Binding("the server does support it"))
            }
            (_, Binding::None | Binding::Unused) => Ok(&[]),
        }
    }
}

impl KeysWanted {
    /// Whose keys.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Goes on with what [`Directory::scram`](mailstore::store::Directory::scram) gave.
    pub fn answer(self, keys: Option<ScramKeys>) -> Step {
        self.with_nonce(keys, &BASE64.encode(&Random::draw().0.to_le_bytes()))
    }

    pub(super) fn with_nonce(self, keys: Option<ScramKeys>, more: &str) -> Step {
        let Some(keys) = keys else { return Step::Failed(SaslError::NotOffered) };
        let nonce = format!("{}{more}", self.client_nonce);
        let (salt, iterations) = (BASE64.encode(&keys.salt), keys.iterations);
        let server_first = format!("r={nonce},s={salt},i={iterations}");
        let challenge = server_first.clone().into_bytes();
        let proving = Proving { wanted: self, keys, nonce, server_first };
        Step::Challenge(challenge, Exchange(State::ScramProof(Box::new(proving))))
    }
}

impl Proving {
    pub(super) fn step(self, message: &[u8]) -> Step {
        match self.login(message) {
            Ok(login) => Step::Credentials(login),
            Err(error) => Step::Failed(error),
        }
    }

    /// A wrong proof, or one for another channel, is for the directory to refuse, which may count
    /// such.
    fn login(self, message: &[u8]) -> Result<Login, SaslError> {
        let message = text(message)?;
        let malformed = SaslError::Malformed("SCRAM ends with a proof");
        let (unproven, proof) = message.rsplit_once(",p=").ok_or(malformed)?;
        let proof = BASE64.decode(proof.as_bytes()).map_err(|_| malformed)?;
        let mut fields = unproven.split(',');
        let channel = BASE64.decode(field(fields.next(), "c=")?.as_bytes());
        let channel = channel.map_err(|_| SaslError::Malformed("channel binding"))?;
        if field(fields.next(), "r=")? != self.nonce {
            return Err(SaslError::Malformed("not the nonce that was given"));
        }
        let signed = format!("{},{},{unproven}", self.wanted.client_first, self.server_first);
        let key = proven(&self.keys.keys, &proof, signed.as_bytes())
            .filter(|_| channel == self.wanted.channel);
        let server_key = key.map_or([0; 32], |key| key.server_key);
        let signature = hmac(&server_key, signed.as_bytes());
        let credential = key.map(|key| key.credential.clone());
        let proven = self.keys.identity.zip(credential);
        let proven = proven.map(|(identity, credential)| Proven { identity, credential });
        Ok(Login {
            authzid: self.wanted.authzid,
            credentials: Credentials::Scram { name: self.wanted.name, proven },
            epilogue: Epilogue::IfAccepted(format!("v={}", BASE64.encode(&signature)).into()),
        })
    }
}

/// The keys that the proof fits. All are tried, also behind those that it fits.
fn proven<'a>(keys: &'a [ScramKey], proof: &[u8], signed: &[u8]) -> Option<&'a ScramKey> {
    let mut found = None;
    for key in keys {
        if is_proven(&key.stored_key, proof, signed) {
            found = Some(key);
        }
    }
    found
}

/// `ClientProof XOR HMAC(StoredKey, AuthMessage)` is the client's key, whose hash is kept.
fn is_proven(stored_key: &[u8; 32], proof: &[u8], signed: &[u8]) -> bool {
    let mut client_key = hmac(stored_key, signed);
    client_key.iter_mut().zip(proof).for_each(|(key, proof)| *key ^= proof);
    let hashed: [u8; 32] = Sha256::digest(client_key).into();
    proof.len() == client_key.len() && bool::from(hashed.ct_eq(stored_key))
}

fn field<'a>(field: Option<&'a str>, name: &str) -> Result<&'a str, SaslError> {
    let malformed = SaslError::Malformed("SCRAM attribute");
    field.and_then(|field| field.strip_prefix(name)).ok_or(malformed)
}

fn nonce(text: &str) -> Result<&str, SaslError> {
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text),
        false => Err(SaslError::Malformed("nonce")),
    }
}

fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    // A key shorter than a block is filled up with zeros (RFC 2104 2).
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
