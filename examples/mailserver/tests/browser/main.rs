//! The web page in a real browser (Debian's Chromium, headless): what a newcomer does.
#![allow(clippy::unwrap_used, reason = "tests")]

mod chromium;
#[path = "../common/mod.rs"]
mod common;

use std::fs;
use std::path::PathBuf;

use chromium::{Chromium, Look, quoted};
use common::{ANY_PORTS, Site};
use harness::totp;

/// A mail with an attachment that leaves its tree.
fn message(subject: &str) -> String {
    let content: Vec<u8> = (0..60_000_u32).map(|at| (at * 31 % 253) as u8).collect();
    let body = data_encoding::BASE64.encode(&content);
    let lines: Vec<_> = body.as_bytes().chunks(76).map(|l| str::from_utf8(l).unwrap()).collect();
    format!(
        "From: Grace Hopper <grace@example.com>\r\nTo: alice@example.com\r\nSubject: {subject}\r\n\
         Date: Wed, 25 Nov 2026 21:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=outer\r\n\r\n\
         --outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n\
         --inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         The notes of the meeting are attached.\r\n\r\nGrace\r\n\
         --inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <p>The <b>notes of the meeting</b> are attached.</p><p>Grace</p>\
         <img src=\"https://tracker.example/seen.gif\"><script>document.title = 'ran'</script>\r\n\
         --inner--\r\n\
         --outer\r\nContent-Type: application/pdf; name=\"notes.pdf\"\r\n\
         Content-Disposition: attachment; filename=\"notes.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--outer--\r\n",
        lines.join("\r\n")
    )
}

fn root_token(site: &Site) -> String {
    let printed = site.done(&["token", "add", "--root"], "");
    let found = printed.split_whitespace().find(|word| word.starts_with("mst_"));
    found.unwrap_or_else(|| panic!("no token in {printed:?}")).to_owned()
}

/// Where pictures go: for the README, if it is said where.
fn picture(name: &str) -> PathBuf {
    let given = std::env::var_os("MAILSTORE_SCREENSHOTS").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn fill(page: &mut Chromium, selector: &str, value: &str) {
    page.wait(&format!("document.querySelector({})", quoted(selector)));
    page.eval(&format!("document.querySelector({}).value = {}", quoted(selector), quoted(value)));
}

fn click(page: &mut Chromium, selector: &str) {
    page.wait(&format!("document.querySelector({})", quoted(selector)));
    page.eval(&format!("document.querySelector({}).click()", quoted(selector)));
}

#[test]
fn a_newcomer_sees_a_message_arrive_and_looks_into_it() {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    let token = root_token(&site);
    let mut page = Chromium::open(&format!("http://{}/", server.place("http")));

    page.look(Look::Wide);

    // Signs in as root, and creates a user.
    click(&mut page, "#tab-token");
    fill(&mut page, "input[name=token]", &token);
    click(&mut page, "form:not([hidden]) button.primary");
    fill(&mut page, "#new-user input[name=name]", "alice");
    fill(&mut page, "#new-user input[name=address]", "alice@example.com");
    fill(&mut page, "#new-user input[name=password]", "correct horse");
    click(&mut page, "#new-user button.primary");
    page.wait("document.querySelector('#users a')?.textContent.includes('alice')");
    click(&mut page, "#users a");

    // A message is delivered, and is there without a reload.
    page.wait("document.querySelector('#messages .notice')");
    page.wait("document.querySelector('#journal .dot.live')");
    page.eval("window.sameOne = true");
    server.deliver("alice@example.com", &message("Notes of the meeting"));
    page.wait(
        "document.querySelector('#messages a .subject')?.textContent === 'Notes of the meeting'",
    );
    page.wait("document.querySelector('#journal')?.textContent.includes('arrived')");
    server.deliver("alice@example.com", &message("Notes, once more"));
    page.wait("document.querySelectorAll('#messages a').length === 2");
    assert_eq!(page.eval("window.sameOne"), true, "it was not loaded again");

    // It is opened. Nothing in it runs, and nothing is loaded for it.
    click(&mut page, "#messages a");
    page.wait("document.querySelector('#content iframe')?.srcdoc.includes('<b>notes')");
    let shown = page.eval("document.querySelector('#content iframe').srcdoc");
    let shown = shown.as_str().unwrap();
    assert!(!shown.contains("tracker") && !shown.contains("script"), "{shown}");
    page.wait("!document.querySelector('#toast').textContent");
    page.screenshot(&picture("message.png"));

    // Its tree: what is shared, and the proof by the server and by the browser.
    click(&mut page, "#view-tree");
    page.wait("document.querySelector('#proof')?.textContent.includes('Rebuilt byte for byte')");
    let media =
        "[...document.querySelectorAll('#tree strong')].map((one) => one.textContent).join(' ')";
    assert_eq!(
        page.eval(media),
        "multipart/mixed multipart/alternative text/plain text/html application/pdf"
    );
    let shared = page.eval("document.querySelector('#tree .shared')?.textContent");
    assert_eq!(shared, "shared by 2 messages");
    page.screenshot(&picture("tree.png"));
    page.look(Look::Phone);
    page.screenshot(&picture("phone.png"));
    assert_eq!(page.eval("document.documentElement.scrollWidth <= innerWidth"), true, "it fits");
    page.look(Look::Wide);

    // The user signs in with the password.
    click(&mut page, "#sign-out");
    fill(&mut page, "input[name=name]", "alice");
    fill(&mut page, "input[name=password]", "wrong");
    click(&mut page, "form:not([hidden]) button.primary");
    page.wait("document.querySelector('.problem:not([hidden])')");
    fill(&mut page, "input[name=password]", "correct horse");
    click(&mut page, "form:not([hidden]) button.primary");
    page.wait("document.querySelectorAll('#messages a').length === 2");
    assert_eq!(page.complaints(), [""; 0], "the policy of the page is kept");
}

/// What is in an element.
fn text(page: &mut Chromium, selector: &str) -> String {
    page.wait(&format!("document.querySelector({})", quoted(selector)));
    let text = page.eval(&format!("document.querySelector({}).textContent", quoted(selector)));
    text.as_str().unwrap().to_owned()
}

#[test]
fn a_user_turns_on_a_second_factor_and_signs_in_by_a_recovery_code() {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    site.done(&["user", "add", "alice"], "correct horse\n");
    let mut page = Chromium::open(&format!("http://{}/", server.place("http")));
    let sign_in = "form:not([hidden]) button.primary";
    fill(&mut page, "input[name=name]", "alice");
    fill(&mut page, "input[name=password]", "correct horse");
    click(&mut page, sign_in);

    click(&mut page, "#account");
    click(&mut page, "#turn-on");
    let secret = text(&mut page, "#secret");
    fill(&mut page, "input[name=code]", &totp(&secret, 0));
    click(&mut page, "form button.primary");
    page.wait("document.querySelectorAll('#codes li').length === 10");
    let recovery = text(&mut page, "#codes li");
    click(&mut page, "#kept");
    page.wait("document.querySelector('#turn-off')");

    click(&mut page, "#sign-out");
    fill(&mut page, "input[name=name]", "alice");
    fill(&mut page, "input[name=password]", "correct horse");
    click(&mut page, sign_in);
    page.wait("document.querySelector('label:not([hidden]) input[name=code]')");
    fill(&mut page, "input[name=code]", &recovery);
    click(&mut page, sign_in);
    page.wait("document.querySelector('#messages')");
    click(&mut page, "#account");
    page.wait("document.querySelector('main').textContent.includes('9 recovery codes left')");
    assert_eq!(page.complaints(), [""; 0], "the policy of the page is kept");
}

#[cfg(feature = "webauthn")]
fn sign_in(page: &mut Chromium) {
    fill(page, "input[name=name]", "alice");
    fill(page, "input[name=password]", "correct horse");
    click(page, "form:not([hidden]) button.primary");
}

/// A key asks for more than the password, and a recovery code stands in for a key that is not there.
#[cfg(feature = "webauthn")]
#[test]
fn a_user_signs_in_with_a_security_key() {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    site.done(&["user", "add", "alice"], "correct horse\n");
    let port = server.place("http").rsplit_once(':').unwrap().1;
    let mut page = Chromium::open(&format!("http://localhost:{port}/"));
    page.plug_security_key_in();
    sign_in(&mut page);
    click(&mut page, "#account");
    fill(&mut page, "#new-key input[name=label]", "blue key");
    click(&mut page, "#new-key button.primary");
    page.wait("document.querySelectorAll('#codes li').length === 10");
    let recovery = text(&mut page, "#codes li");
    click(&mut page, "#kept");
    page.wait("document.querySelector('#keys input')?.value === 'blue key'");

    // From now on it is asked for.
    click(&mut page, "#sign-out");
    sign_in(&mut page);
    click(&mut page, "#account");
    page.wait("document.querySelector('#keys li')?.textContent.includes('used ')");
    let log = site.done(&["user", "log", "alice"], "");
    assert!(log.contains("\tsecurity-key-added\t1\thttp\t"), "{log}");

    // It is lost, and a recovery code is there.
    click(&mut page, "#sign-out");
    page.eval(
        "void (navigator.credentials.get = async () => { throw new DOMException('', 'NotAllowedError') })",
    );
    sign_in(&mut page);
    page.wait("document.querySelector('label:not([hidden]) input[name=code]')");
    page.wait("document.querySelector('form:not([hidden]) .problem:not([hidden])')");
    fill(&mut page, "input[name=code]", &recovery);
    click(&mut page, "form:not([hidden]) button.primary");
    page.wait("document.querySelector('#messages')");
    click(&mut page, "#account");
    page.wait("document.querySelector('main').textContent.includes('9 recovery codes left')");

    assert_eq!(site.done(&["user", "no-second-factor", "alice"], "").lines().count(), 1);
    page.eval("location.reload()");
    page.wait("document.querySelector('#keys .notice')");
    page.wait("document.querySelector('#turn-on')");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn the_description_is_readable() {
    let site = Site::new(ANY_PORTS);
    let server = site.serve();
    let mut page = Chromium::open(&format!("http://{}/docs", server.place("http")));
    page.wait("document.querySelectorAll('.endpoint').length > 40");
    let text = page.eval("document.body.textContent");
    assert!(text.as_str().unwrap().contains("/api/v1/users/{user}/mailboxes"), "{text}");
}
