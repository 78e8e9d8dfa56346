//! Runs a test again in a process of its own, below which the calls that change files are
//! recorded, or fail.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set in the process that a test has started.
const ROLE: &str = "DURABILITY_ROLE";

/// What a process started by [`again`] was told to be; `None` in the one that the test began in.
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// The command that runs one test of this program again, in this role.
pub(crate) fn again(test: &str, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(ROLE, role);
    command
}

/// The library that stands between a process and the system.
pub(crate) struct Shim {
    pub(crate) library: PathBuf,
    /// The directory whose files it is about, with no link in its path.
    pub(crate) root: PathBuf,
}

impl Shim {
    /// Compiles it into `dir`, for a new directory in there.
    pub(crate) fn new(dir: &Path) -> Self {
        let dir = dir.canonicalize().unwrap();
        let library = dir.join("record.so");
        let source = dir.join("record.c");
        std::fs::write(&source, include_str!("record.c")).unwrap();
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(source);
        assert!(cc.args(["-ldl", "-lpthread"]).status().unwrap().success());
        let root = dir.join("disk");
        std::fs::create_dir(&root).unwrap();
        Self { library, root }
    }

    /// Puts it below a command.
    pub(crate) fn under<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("LD_PRELOAD", &self.library).env("RECORD_ROOT", &self.root)
    }

    /// Spares a command that only works on copies in `dir` the waiting for the disk.
    pub(crate) fn without_sync<'a>(&self, command: &'a mut Command, dir: &Path) -> &'a mut Command {
        self.under(command).env("RECORD_ROOT", dir).env("RECORD_LOG", "/dev/null")
    }
}

/// How much room a disk under control has, in bytes (negative: no limit), and whether syncing
/// fails. Written in place, for the other side has it mapped.
pub(crate) fn control(path: &Path, room: i64, sync_fails: i64) {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(false).open(path).unwrap();
    file.write_all(&[room.to_le_bytes(), sync_fails.to_le_bytes()].concat()).unwrap();
}
