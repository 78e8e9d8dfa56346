//! LOGIN (draft-murchison-sasl-login): name and password, each asked for.

use mailstore::store::directory::{Credentials, Secret};

use super::{Epilogue, Exchange, Login, State, Step, nonempty};

/// What clients expect to be asked.
pub(super) const ASK_NAME: &[u8] = b"Username:";
const ASK_PASSWORD: &[u8] = b"Password:";

pub(super) fn name(message: &[u8]) -> Step {
    match nonempty(message) {
        Ok(name) => {
            let next = Exchange(State::LoginPassword(name.to_owned()));
            Step::Challenge(ASK_PASSWORD.to_vec(), next)
        }
        Err(error) => Step::Failed(error),
    }
}

pub(super) fn password(name: String, message: &[u8]) -> Step {
    match nonempty(message) {
        Ok(password) => {
            let credentials = Credentials::Plain { name, password: Secret::new(password) };
            Step::Credentials(Login { authzid: None, credentials, epilogue: Epilogue::None })
        }
        Err(error) => Step::Failed(error),
    }
}
