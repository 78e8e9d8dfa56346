//! Computations that take long run beside the tasks, on a thread of their own.

use tokio::sync::oneshot;

use crate::error::Error;
use crate::store::StoreError;

/// With so many messages a computation is done where it stands: it takes about a millisecond.
const FEW: usize = 8 * 1024;

/// Computes something about so many messages; other tasks run meanwhile.
pub(super) async fn aside<T: Send + 'static>(
    messages: usize,
    compute: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if messages <= FEW {
        return Ok(compute());
    }
    let (done, result) = oneshot::channel();
    let thread = std::thread::Builder::new().name("sort".into());
    // Whoever no longer waits for it is not told.
    let started = thread.spawn(move || done.send(compute()).is_ok());
    started.map_err(|error| StoreError::unavailable("start a thread", error))?;
    result.await.map_err(|error| StoreError::unavailable("sort", error).into())
}
