//! Mail that the server encrypts is opened by what users have: GnuPG and OpenSSL. What is not
//! installed is a failure: `scripts/test` installs it.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::Command;

use common::{ANY_PORTS, Server, Site, run};

const PASSWORD: &str = "secret";

/// The MIME entity that is encrypted, with eight bits and a line that a text mode would change.
const ENTITY: &[u8] = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: 8bit\r\n\r\ngr\xc3\xbcn  \r\n.dot\r\n- dash\r\nFrom here\r\n";

fn serve() -> (Site, Server) {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    site.done(&["user", "add", "alice"], &format!("{PASSWORD}\n"));
    (site, server)
}

/// Sets the key while the server runs; what is said of it.
fn set_key(site: &Site, file: &str) -> String {
    site.done(&["user", "mail-key", "set", "alice", "--key", file, "--covers", "everything"], "")
}

/// What a client sends as a message with that entity.
fn message(subject: &str) -> Vec<u8> {
    [format!("From: bob@example.com\r\nSubject: {subject}\r\n").as_bytes(), ENTITY].concat()
}

/// Delivers by LMTP.
fn deliver(server: &Server, _: &Site, subject: &str) {
    server.deliver("alice", &String::from_utf8(message(subject)).unwrap());
}

/// Appends by IMAP.
fn append(server: &Server, site: &Site, subject: &str) {
    fs::write(site.path().join("message"), message(subject)).unwrap();
    run(curl(server).arg("INBOX").args(["-T", "message"]).current_dir(site.path()));
}

struct Curl(Command, String);

impl Curl {
    fn arg(mut self, path: &str) -> Command {
        self.0.arg(format!("{}/{path}", self.1));
        self.0
    }
}

fn curl(server: &Server) -> Curl {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--user", &format!("alice:{PASSWORD}")]);
    Curl(curl, format!("imap://{}", server.place("imap")))
}

/// A message as IMAP gives it, in a file, too.
fn fetch(server: &Server, site: &Site, uid: u32) -> Vec<u8> {
    let fetched = run(&mut curl(server).arg(&format!("INBOX;UID={uid}"))).stdout;
    fs::write(site.path().join("fetched"), &fetched).unwrap();
    fetched
}

/// GnuPG with a home of its own.
struct Gnupg(PathBuf);

impl Gnupg {
    fn new(site: &Site) -> Self {
        let home = site.path().join("gnupg");
        fs::DirBuilder::new().mode(0o700).create(&home).unwrap();
        Self(home)
    }

    fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let mut gpg = Command::new("gpg");
        gpg.arg("--homedir").arg(&self.0).args(["--batch", "--quiet", "--no-permission-warning"]);
        gpg.args(["--pinentry-mode", "loopback", "--passphrase", ""]).args(arguments);
        run(&mut gpg).stdout
    }
}

impl Drop for Gnupg {
    /// Its agent goes on otherwise.
    fn drop(&mut self) {
        let _ = Command::new("gpgconf")
            .arg("--homedir")
            .arg(&self.0)
            .args(["--kill", "gpg-agent"])
            .status();
    }
}

#[test]
fn gnupg_opens_it() {
    let (site, server) = serve();
    let gnupg = Gnupg::new(&site);
    let mut uid = 0;
    for (name, kind) in [("curve", "future-default"), ("rsa", "rsa2048")] {
        let user = format!("{name}@example.com");
        gnupg.run(&["--quick-gen-key", &user, kind, "default", "never"]);
        let listed = String::from_utf8(gnupg.run(&["--with-colons", "--list-keys", &user]));
        let listed = listed.unwrap();
        let print = listed.lines().find_map(|line| line.strip_prefix("fpr:")).unwrap();
        let print = print.trim_matches(':').to_owned();
        if name == "rsa" {
            gnupg.run(&["--quick-add-key", &print, "rsa2048", "encr", "never"]);
        }
        fs::write(site.path().join("key"), gnupg.run(&["--export", &user])).unwrap();
        assert!(set_key(&site, "key").starts_with(&format!("everything\t{print}\t-\t{user}")));
        for put in [deliver, append] {
            put(&server, &site, name);
            uid += 1;
            let fetched = String::from_utf8(fetch(&server, &site, uid)).unwrap();
            assert!(fetched.contains(&format!("\r\nSubject: {name}\r\n")), "{fetched}");
            assert!(!fetched.contains("dash"), "{fetched}");
            let armour = fetched.find("-----BEGIN PGP MESSAGE-----").unwrap();
            fs::write(site.path().join("armour"), &fetched[armour..]).unwrap();
            let armour = site.path().join("armour");
            assert_eq!(gnupg.run(&["--decrypt", armour.to_str().unwrap()]), ENTITY, "{fetched}");
        }
    }
}

#[test]
fn openssl_opens_it() {
    let (site, server) = serve();
    let openssl = |arguments: &[&str]| {
        run(Command::new("openssl").args(arguments).current_dir(site.path())).stdout
    };
    let mut uid = 0;
    for (name, kind) in [("rsa", "rsa:2048"), ("P-256", "ec"), ("P-384", "ec")] {
        let curve = format!("ec_paramgen_curve:{name}");
        let mut request = vec!["req", "-x509", "-nodes", "-newkey", kind, "-keyout", "secret"];
        if kind == "ec" {
            request.extend(["-pkeyopt", &curve]);
        }
        request.extend(["-subj", "/CN=Alice", "-days", "30", "-out", "key"]);
        request.extend(["-addext", "extendedKeyUsage=emailProtection"]);
        openssl(&request);
        assert!(set_key(&site, "key").ends_with("\tCN=Alice\n"));
        for put in [deliver, append] {
            put(&server, &site, name);
            uid += 1;
            fetch(&server, &site, uid);
            let opened = ["cms", "-decrypt", "-in", "fetched", "-inkey", "secret", "-recip", "key"];
            assert_eq!(openssl(&opened), ENTITY, "{name}");
        }
    }
}
