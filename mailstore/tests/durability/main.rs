//! Nothing acknowledged is lost, nothing is torn, nothing comes twice: whatever happens to the
//! process, the power and the disk. And nobody who is slow holds up the others.
#![allow(missing_docs, clippy::unwrap_used)]

mod altered;
mod book;
mod disk;
mod disk_full;
mod killed;
mod memory;
mod million;
mod power_loss;
mod shim;
mod slow_peers;
mod workload;
