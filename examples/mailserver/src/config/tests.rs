use super::*;

const EXAMPLE: &str = include_str!("../../mailserver.toml");

#[test]
fn the_example_is_the_default() {
    assert_eq!(Config::parse(EXAMPLE).unwrap(), Config::default());
    assert_eq!(Config::parse("").unwrap(), Config::default());
}

/// Each key of each table, in the order of the example, with a comment before it.
#[test]
fn the_example_explains_every_option() {
    let all = Config::default().to_toml().unwrap();
    let options = |text: &str| -> Vec<String> {
        let names = text.lines().filter(|line| !line.starts_with(['#', ' ', ']']));
        names.filter_map(|line| line.split(" =").next()).map(str::to_owned).collect()
    };
    let without_blank = |text: &str| options(text).into_iter().filter(|line| !line.is_empty());
    let shown: Vec<_> = without_blank(EXAMPLE).collect();
    assert_eq!(shown, without_blank(&all).collect::<Vec<_>>());
    for (line, next) in EXAMPLE.lines().zip(EXAMPLE.lines().skip(1)) {
        if next.contains(" = ") && !next.starts_with('#') {
            assert!(line.starts_with('#'), "{next} has no comment");
        }
    }
}

#[test]
fn what_is_written_reads_the_same() {
    let mut config = Config::default();
    config.tls.certificates = vec![Certificate { chain: "a.pem".into(), key: "b.pem".into() }];
    config.lmtp.listen = vec![ListenAddr::Unix("/run/lmtp".into())];
    config.domain_aliases = vec!["a.example = b.example".parse().unwrap()];
    config.imap.proxies = vec!["10.0.0.0/8".parse().unwrap()];
    config.imap.filters = vec!["week = UNSEEN SUBJECT \"a=b\"".parse().unwrap()];
    assert_eq!(Config::parse(&config.to_toml().unwrap()).unwrap(), config);
}

#[test]
fn an_unknown_option_is_named_with_its_line() {
    for (text, name, line) in [
        ("\n\ndirectry = \"x\"", "directry", "line 3"),
        ("[imap]\nenabled = true\nlisen = []", "lisen", "line 3"),
        ("[pop4]\n", "pop4", "line 1"),
    ] {
        let error = Config::parse(text).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(line), "{error}");
    }
}

#[test]
fn a_wrong_value_is_named_with_its_line() {
    for (text, says) in [
        ("[imap]\nlisten = [\"143\"]", "\"143\" is neither address:port nor unix:/path"),
        ("[imap]\nfilters = [\"a b=ALL\"]", "\"a b=ALL\" is not a name and search keys"),
        ("[imap]\nfilters = [\"a=NONE\"]", "is no search: expected a search key"),
        ("[lmtp]\nproxies = [\"all\"]", "\"all\" is neither an IP address"),
        ("\nhome_domains = [\"a b\"]", "\"a b\" is not a domain name"),
        ("[login]\nwithout_tls = \"never\"", "`local` or `anywhere`"),
        ("[timeouts]\nidle_seconds = -1", "-1"),
    ] {
        let error = Config::parse(text).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("line 2"), "{error}");
    }
}

#[test]
fn relative_paths_start_at_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("m.toml");
    let text = "directory = \"data\"\n[lmtp]\nlisten = [\"unix:l.sock\"]\n\
        [[tls.certificates]]\nchain = \"/abs/c.pem\"\nkey = \"k.pem\"";
    fs::write(&file, text).unwrap();
    let config = Config::load(Some(&file)).unwrap();
    assert_eq!(config.directory, directory.path().join("data"));
    assert_eq!(config.lmtp.listen, [ListenAddr::Unix(directory.path().join("l.sock"))]);
    assert_eq!(config.tls.certificates[0].chain, Path::new("/abs/c.pem"));
    assert_eq!(config.tls.certificates[0].key, directory.path().join("k.pem"));
}

#[test]
fn a_named_file_must_exist() {
    let error = Config::load(Some(Path::new("/nowhere/m.toml"))).unwrap_err();
    assert!(error.to_string().starts_with("reading /nowhere/m.toml: "), "{error}");
}
