//! The backends. Only these know a driver.

#[cfg(feature = "object-store")]
mod durable;
#[cfg(feature = "embedded")]
pub mod embedded;
mod leases;
pub mod memory;
#[cfg(feature = "mongodb")]
pub mod mongo;
#[cfg(feature = "object-store")]
pub mod object;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "embedded", feature = "mongodb"))]
mod uids;
