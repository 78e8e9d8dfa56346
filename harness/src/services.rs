//! The services that tests share, which `scripts/services` starts.

use std::fmt::Display;

/// What `scripts/services env` says under that name.
pub fn service(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: scripts/services start; eval \"$(scripts/services env)\"")
    })
}

/// Drops a database of a test at its end, by the test's own work, if its server was given. A server
/// of the tests' own goes with all that it holds, and is slow to drop a part of it. What cannot be
/// dropped is left, and that is said.
pub fn drop_database<E: Display>(
    uri: &str,
    name: &str,
    work: impl Future<Output = Result<(), E>> + Send + 'static,
) {
    if std::env::var("MAILSTORE_TEST_MONGODB_OWN").is_ok_and(|own| own == uri) {
        return;
    }
    // A runtime of its own: the test's may be at its end.
    let dropping = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(work).map_err(|error| error.to_string())
    });
    if let Ok(Err(error)) = dropping.join() {
        eprintln!("the database {name} is left: {error}");
    }
}
