//! Where mail goes, and who is found by which name.

use super::*;

#[tokio::test]
async fn mail_finds_its_user() {
    let accounts = accounts();
    let user = accounts.add(alice()).await.unwrap();
    let cases = [
        ("alice@example.com", local(&user, None)),
        ("ALICE+Lists@EXAMPLE.COM", local(&user, Some("Lists"))),
        ("\"alice+to do\"@example.com", local(&user, Some("to do"))),
        ("alice", local(&user, None)),
        ("alice+x", local(&user, Some("x"))),
        ("alice+x@LOCALHOST", local(&user, Some("x"))),
        ("alice@other.example", Route::Unknown),
        ("bob@localhost", Route::Unknown),
        ("+alice@example.com", Route::Unknown),
        ("", Route::Unknown),
        ("<alice@example.com>", Route::Unknown),
    ];
    for (address, expected) in cases {
        assert_eq!(accounts.route(address).await.unwrap(), expected, "{address}");
    }
}

#[tokio::test]
async fn who_owns_an_address_comes_before_who_has_the_name() {
    let accounts = accounts();
    accounts.add(alice()).await.unwrap();
    let bob = accounts.add(NewUser::new("bob").address("alice@localhost")).await.unwrap();
    assert_eq!(accounts.route("alice@localhost").await.unwrap(), local(&bob, None));
    assert_eq!(accounts.find("alice@localhost").await.unwrap(), bob);
}

#[tokio::test]
async fn names_and_addresses_are_unique() {
    let accounts = accounts();
    accounts.add(alice()).await.unwrap();
    let again = accounts.add(NewUser::new("ALICE")).await;
    assert!(matches!(again, Err(AccountError::NameTaken(name)) if name.as_str() == "alice"));
    let thief = accounts.add(NewUser::new("eve").address("alice@example.com")).await;
    assert!(matches!(thief, Err(AccountError::AddressTaken(_))));
    let thief = accounts.add(NewUser::new("alice@example.com")).await;
    assert!(matches!(thief, Err(AccountError::AddressTaken(_))), "a name that is an address");
    assert!(matches!(accounts.find("eve").await, Err(AccountError::NoSuchUser(_))));
    accounts.add(NewUser::new("eve")).await.unwrap();
    let thief = accounts.add_address("eve", "alice@example.com").await;
    assert!(matches!(thief, Err(AccountError::AddressTaken(_))));
}

#[tokio::test]
async fn addresses_come_and_go_but_not_the_login_name() {
    let accounts = accounts();
    let user = accounts.add(NewUser::new("a@b.example").address("c@d.example")).await.unwrap();
    accounts.add_address("a@b.example", "0@z.example").await.unwrap();
    let all = accounts.addresses(user.account, None, 10).await.unwrap();
    let text: Vec<_> = all.iter().map(Address::as_str).collect();
    assert_eq!(text, ["0@z.example", "a@b.example", "c@d.example"]);
    assert_eq!(accounts.addresses(user.account, Some(&all[0]), 1).await.unwrap(), all[1..2]);
    accounts.remove_address("a@b.example", "C@d.example").await.unwrap();
    assert_eq!(accounts.route("c@d.example").await.unwrap(), Route::Unknown);
    let again = accounts.remove_address("a@b.example", "c@d.example").await;
    assert!(matches!(again, Err(AccountError::NoSuchAddress(_))));
    let own = accounts.remove_address("a@b.example", "a@b.example").await;
    assert!(matches!(own, Err(AccountError::LoginName(_))));
}

/// Others find a user by login name or address; administrators are who is named so.
#[tokio::test]
async fn users_are_found_for_sharing() {
    let administrators = [Name::new("Alice").unwrap()];
    let accounts = accounts().with_administrators(administrators);
    let one = accounts.add(alice()).await.unwrap().account;
    let two = accounts.add(NewUser::new("bob")).await.unwrap().account;
    let alice = || Some(Identity { account: one, name: "alice".to_owned() });
    for name in ["alice", "Alice@example.com", "ALICE"] {
        assert_eq!(Directory::find(&accounts, name).await.unwrap(), alice(), "{name}");
    }
    for name in ["nobody", "", "al ice"] {
        assert_eq!(Directory::find(&accounts, name).await.unwrap(), None, "{name}");
    }
    assert_eq!(accounts.name_of(two).await.unwrap(), Some("bob".to_owned()));
    for number in [0, 3] {
        assert_eq!(accounts.name_of(AccountId::new(number).unwrap()).await.unwrap(), None);
    }
    assert!(accounts.administers(one, two).await.unwrap());
    assert!(!accounts.administers(two, two).await.unwrap());
}

#[tokio::test]
async fn domains_have_aliases_and_catch_what_is_left() {
    let domain = |text: &str| text.parse::<mailstore::accounts::Domain>().unwrap();
    let accounts =
        accounts().with_domain_aliases([(domain("other.example"), domain("example.com"))]);
    let alice = accounts.add(alice()).await.unwrap();
    let bob = accounts.add(NewUser::new("bob")).await.unwrap();
    accounts.add_address("bob", "*@Example.com").await.unwrap();
    for (address, route) in [
        ("alice+x@other.example", local(&alice, Some("x"))),
        ("nobody@example.com", local(&bob, None)),
        ("nobody+y@other.example", local(&bob, Some("y"))),
        ("nobody@elsewhere.example", Route::Unknown),
        ("*@example.com", Route::Unknown),
        ("nobody", Route::Unknown),
    ] {
        assert_eq!(accounts.route(address).await.unwrap(), route, "{address}");
    }
    // It catches mail, not logins.
    for name in ["nobody@example.com", "*@example.com"] {
        assert_eq!(verdict(&accounts, name, "sesame").await, Verdict::Rejected, "{name}");
    }
    assert!(accounts.add(NewUser::new("*@example.org")).await.is_err());
    accounts.remove_address("bob", "*@example.com").await.unwrap();
    assert_eq!(accounts.route("nobody@example.com").await.unwrap(), Route::Unknown);
}

#[tokio::test]
async fn an_address_of_no_user_sends_mail_on() {
    let domain = |text: &str| text.parse::<Domain>().unwrap();
    let accounts =
        accounts().with_domain_aliases([(domain("other.example"), domain("example.com"))]);
    let alice = accounts.add(alice()).await.unwrap();
    accounts.add_address("alice", "*@example.com").await.unwrap();
    let to = |targets: &[&str]| targets.iter().map(|&target| target.to_owned()).collect::<Vec<_>>();
    accounts.set_forward("Team@example.com", to(&["a@b.example"])).await.unwrap();
    accounts.set_forward("team@example.com", to(&["a@b.example", "c+d@e.example"])).await.unwrap();
    for address in ["team@example.com", "TEAM+x@other.example"] {
        let route = accounts.route(address).await.unwrap();
        assert_eq!(route, Route::Forward(to(&["a@b.example", "c+d@e.example"])), "{address}");
    }
    let listed = accounts.forwards(None, 9).await.unwrap();
    assert_eq!((listed.len(), listed[0].address.as_str()), (1, "team@example.com"));
    for refused in [
        accounts.add_address("alice", "team@example.com").await.map(drop),
        accounts.add(NewUser::new("team@example.com")).await.map(drop),
        accounts.set_forward("alice@example.com", to(&["a@b.example"])).await.map(drop),
    ] {
        assert!(matches!(refused, Err(AccountError::AddressTaken(_))), "{refused:?}");
    }
    for targets in [vec![], to(&["nobody"]), to(&["a@b\r\n.example"])] {
        assert!(accounts.set_forward("x@example.com", targets).await.is_err());
    }
    assert!(accounts.remove_forward("team@example.com").await.unwrap());
    assert!(!accounts.remove_forward("team@example.com").await.unwrap());
    assert_eq!(accounts.route("team@example.com").await.unwrap(), local(&alice, None));
}

#[tokio::test]
async fn dots_count_or_do_not() {
    let counting = accounts();
    let alice = NewUser::new("a.lice").password(Secret::new("sesame")).address("al.ice@b.example");
    let user = counting.add(alice.clone()).await.unwrap();
    assert_eq!(user.profile.name.as_str(), "a.lice");
    assert_eq!(counting.route("alice").await.unwrap(), Route::Unknown);
    assert_eq!(counting.route("alice@b.example").await.unwrap(), Route::Unknown);

    let ignoring = accounts().with_dots(Dots::Ignored);
    let user = ignoring.add(alice).await.unwrap();
    assert_eq!(user.profile.name.as_str(), "alice");
    for address in ["alice", "al.ice+x", "A.L.I.C.E@b.example", "a.lice@localhost"] {
        let label = address.contains('+').then_some("x");
        assert_eq!(ignoring.route(address).await.unwrap(), local(&user, label), "{address}");
    }
    assert_eq!(verdict(&ignoring, "al.ice", "sesame").await, accepted(&user));
    let taken = ignoring.add(NewUser::new("ali.ce")).await;
    assert!(matches!(taken, Err(AccountError::NameTaken(_))));
    ignoring.remove_address("alice", "a.lice@b.example").await.unwrap();
    assert_eq!(ignoring.route("al.ice@b.example").await.unwrap(), Route::Unknown);
}
