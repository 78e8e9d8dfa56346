use super::*;

fn shown(value: &str) -> String {
    let (head, parameters) = Parameters::split(value.as_bytes());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let list = parameters.0.iter().map(|one| format!("|{}={}", text(&one.name), text(&one.value)));
    text(&head) + &list.collect::<String>()
}

#[test]
fn parameters_as_written() {
    let table = [
        ("text/plain; charset=us-ascii (Plain text)", "text/plain|charset=us-ascii"),
        ("text / plain (a (b) c) ; charset=\"us-ascii\"", "text/plain|charset=us-ascii"),
        ("text plain", "text plain"),
        ("a/b; n=\"x\\\"y\\\\\"; m=", "a/b|n=x\"y\\|m="),
        ("a/b; filename=my report (1).pdf; x=1", "a/b|filename=my report|x=1"),
        ("a/b; filename=report(1).pdf", "a/b|filename=report(1).pdf"),
        ("a/b; charset=\"utf-8\" format=flowed", "a/b|charset=utf-8|format=flowed"),
        ("a/b;; =x; y; z = 1 ;", "a/b|z=1"),
        ("a/b; n=\"open", "a/b|n=open"),
        ("a/b; (open", "a/b"),
        ("", ""),
    ];
    for (value, wanted) in table {
        assert_eq!(shown(value), wanted);
    }
}

/// RFC 2231 sections 3, 4 and 4.1.
#[test]
fn rfc_2231() {
    let url = "a/b; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub\"";
    assert_eq!(shown(url), "a/b|URL=ftp://cs.utk.edu/pub");
    let title = "a/b; x=1; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"; \
                 title*0*=us-ascii'en'This%20is%20even%20more%20";
    let joined = "us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it%21";
    assert_eq!(shown(title), format!("a/b|x=1|title*={joined}"));
    let (_, parameters) = Parameters::split(title.as_bytes());
    assert_eq!(parameters.get("Title").unwrap(), "This is even more ***fun*** isn't it!");
}

#[test]
fn broken_continuations_end_where_they_break() {
    assert_eq!(shown("a/b; n*0=a; n*2=c; n*x=d; *1=e"), "a/b|n=a|n*x=d");
    assert_eq!(shown("a/b; n*1=a"), "a/b");
}

#[test]
fn decoded_names() {
    let get = |value: &str| Parameters::split(value.as_bytes()).1.get("filename");
    assert_eq!(get("a; filename*=utf-8''na%C3%AFve%zz").unwrap(), "naïve%zz");
    assert_eq!(get("a; filename==?utf-8?Q?na=C3=AFve?=").unwrap(), "naïve");
    assert_eq!(get("a; filename*=plain").unwrap(), "plain");
    assert_eq!(get("a; name=x"), None);
}

#[test]
fn tokens() {
    assert_eq!(token(b" Attachment; x=y"), Some(&b"Attachment"[..]));
    assert_eq!(token(b"base64 (x)"), Some(&b"base64"[..]));
    for none in [&b""[..], b"\"7bit\"", b";x", &[b'a'; 200]] {
        assert_eq!(token(none), None);
    }
}
