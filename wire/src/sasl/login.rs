//! LOGIN (draft-murchison-sasl-login): name and password, each asked for.

use mailstore::store::directory::{Credentials, Secret};

use super::{Epilogue, Exchange, Login, SaslError, State, Step, nonempty, part};

/// What clients expect to be asked.
pub(super) const ASK_NAME: &[u8] = b"Username:";
const ASK_PASSWORD: &[u8] = b"Password:";

pub(super) fn name(message: &[u8]) -> Step {
    match super::name(message) {
        Ok(name) => {
            let next = Exchange(State::LoginPassword(name.to_owned()));
            Step::Challenge(ASK_PASSWORD.to_vec(), next)
        }
        Err(error) => Step::Failed(error),
    }
}

pub(super) fn password(name: String, message: Vec<u8>) -> Step {
    match secret(message) {
        Ok(password) => {
            let credentials = Credentials::Plain { name, password };
            Step::Credentials(Login { authzid: None, credentials, epilogue: Epilogue::None })
        }
        Err(error) => Step::Failed(error),
    }
}

fn secret(message: Vec<u8>) -> Result<Secret, SaslError> {
    let whole = 0..nonempty(&message)?.len();
    part(message, whole).map(Secret::new)
}
