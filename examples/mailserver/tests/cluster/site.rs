//! Several hosts on one MongoDB and one Redis.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use harness::service;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::between::Between;
use crate::common::{Server, Site, mongodb};
use crate::imap::Session;

/// The hosts, each a process of its own.
pub(crate) struct Cluster {
    hosts: Vec<Host>,
    pub(crate) redis: Mutex<Service>,
    pub(crate) mongodb: Option<Mutex<Service>>,
    pub(crate) between: Option<Between>,
    pub(crate) mongodb_uri: String,
    pub(crate) database: String,
}

struct Host {
    site: Site,
    server: Mutex<Option<Server>>,
}

/// Which MongoDB.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    /// The one that `scripts/services` has started, or that was given.
    Common,
    /// One that can be killed.
    Own,
    /// The same, and with something in between that can seem to be another.
    Behind,
}

impl Cluster {
    /// Starts them; alice may log in, and has a mailbox Archive.
    pub(crate) fn start(hosts: usize, database: Database) -> Self {
        let redis = Service::redis();
        let mongodb = (database != Database::Common).then(Service::secantus);
        let own = mongodb.as_ref().map(|own| own.port);
        let between = own.filter(|_| database == Database::Behind).map(Between::of);
        let uri = match between.as_ref().map(Between::port).or(own) {
            Some(port) => format!("mongodb://127.0.0.1:{port}"),
            None => service("MAILSTORE_TEST_MONGODB"),
        };
        let database = format!("mailstore_test_{:032x}", mailstore::random::Random::draw().0);
        let config = config(&uri, &database, redis.port);
        let hosts = (0..hosts).map(|_| Host::start(&config)).collect();
        let mongodb = mongodb.map(Mutex::new);
        let redis = Mutex::new(redis);
        let cluster = Self { hosts, redis, mongodb, between, mongodb_uri: uri, database };
        let add = ["user", "add", "alice", "--address", "alice@localhost"];
        cluster.hosts[0].site.done(&add, "sesame\n");
        cluster.session(0, "INBOX").ok("CREATE Archive").unwrap();
        cluster
    }

    /// Where a service of a host is, while the host runs. Hosts are counted round.
    pub(crate) fn place(&self, host: usize, service: &str) -> Option<String> {
        let server = self.hosts[host % self.hosts.len()].server.lock().unwrap();
        server.as_ref().map(|server| server.place(service).to_owned())
    }

    /// Host and port of MongoDB.
    pub(crate) fn mongodb(&self) -> &str {
        mongodb::host(&self.mongodb_uri)
    }

    /// A session of alice's on a host.
    pub(crate) fn session(&self, host: usize, mailbox: &str) -> Session {
        Session::open(&self.place(host, "imap").unwrap(), "alice", mailbox).unwrap()
    }

    /// Kills a host with SIGKILL, and starts it again.
    pub(crate) fn restart(&self, host: usize) {
        let host = &self.hosts[host];
        if let Some(server) = host.server.lock().unwrap().take() {
            server.stop(Signal::KILL);
        }
        let server = host.site.serve();
        *host.server.lock().unwrap() = Some(server);
    }

    /// How many commits all hosts have made, and how often they began again.
    pub(crate) fn contention(&self) -> String {
        let [commits, retries] = ["commits", "commit_retries"].map(|name| self.metric(name));
        assert!(commits > 0);
        format!("{commits} commits took {retries} retries")
    }

    /// The sum of a metric over all hosts.
    fn metric(&self, name: &str) -> u64 {
        let name = format!("mailstore_{name}_total ");
        let of_host = |host| {
            let text = get(&self.place(host, "http").unwrap(), "/metrics");
            let value = text.lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned));
            value.unwrap_or_else(|| panic!("no {name}in {text}")).parse::<u64>().unwrap()
        };
        (0..self.hosts.len()).map(of_host).sum()
    }

    /// What the hosts have logged.
    pub(crate) fn logs(&self) -> String {
        self.hosts.iter().map(|host| host.site.log()).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.hosts.clear();
        if self.mongodb.is_none() {
            mongodb::drop_database(&self.mongodb_uri, &self.database);
        }
    }
}

impl Host {
    fn start(config: &str) -> Self {
        let site = Site::new(config);
        let server = Mutex::new(Some(site.serve()));
        Self { site, server }
    }
}

/// The configuration of a host.
pub(crate) fn config(mongodb: &str, database: &str, redis: u16) -> String {
    format!(
        "home_domains = [\"localhost\"]\n\
         [backend]\nstore = \"mongodb\"\nbeacon = \"redis://127.0.0.1:{redis}\"\n\
         [backend.mongodb]\nuri = \"{mongodb}\"\ndatabase = \"{database}\"\n\
         [imap]\nlisten = [\"127.0.0.1:0\"]\nstarttls = false\n\
         [imaps]\nenabled = false\n[pop3]\nenabled = false\n[pop3s]\nenabled = false\n\
         [http]\nlisten = [\"127.0.0.1:0\"]\nmetrics = \"loopback\"\n\
         [lmtp]\nlisten = [\"127.0.0.1:0\"]\nstarttls = false\n\
         return_path = false\ndelivered_to = false\nreceived = false\n"
    )
}

/// What is at a path, over HTTP.
fn get(place: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(place).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A server of the test's own, that can be killed and comes back on the same port.
pub(crate) struct Service {
    pub(crate) port: u16,
    program: String,
    arguments: Vec<String>,
    child: Option<Child>,
    directory: TempDir,
}

impl Service {
    fn redis() -> Self {
        let arguments = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"];
        Self::start("redis-server".to_owned(), &arguments, "--dir")
    }

    pub(crate) fn secantus() -> Self {
        let arguments = ["--sync-on-commit", "--port"];
        Self::start(service("MAILSTORE_TEST_SECANTUSD"), &arguments, "--storage-path")
    }

    fn start(program: String, arguments: &[&str], directory_option: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let mut arguments: Vec<_> = arguments.iter().map(|&each| each.to_owned()).collect();
        arguments.extend([
            port.to_string(),
            directory_option.to_owned(),
            data.display().to_string(),
        ]);
        let mut service = Self { port, program, arguments, child: None, directory };
        service.run();
        service
    }

    /// Starts it, and waits until it listens.
    pub(crate) fn run(&mut self) {
        let log = File::create(self.directory.path().join("log")).unwrap();
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let started = command.spawn();
        self.child = Some(started.unwrap_or_else(|error| {
            panic!("{}: {error}: scripts/services start installs it", self.program)
        }));
        let ended = |child: &mut Option<Child>| child.as_mut().unwrap().try_wait().unwrap();
        for _ in 0..1_200 {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return;
            }
            assert_eq!(ended(&mut self.child), None, "{}: {}", self.program, self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{} does not listen: {}", self.program, self.log());
    }

    fn log(&self) -> String {
        let path: &Path = self.directory.path();
        std::fs::read_to_string(path.join("log")).unwrap_or_default()
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Has Redis cut all connections: whatever is on its way is lost.
    pub(crate) fn cut(&self) {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.port.to_string(), "CLIENT", "KILL", "TYPE", "pubsub"]);
        command.stdout(Stdio::null()).status().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}
