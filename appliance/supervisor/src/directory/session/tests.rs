// SPDX-License-Identifier: AGPL-3.0-or-later
use super::*;
use crate::{directory::filter::filter_of, state::Role};
use ldap3_proto::proto::{LdapDerefAliases, LdapExtendedRequest, SaslCredentials};
use proptest::prelude::*;
use types::Timestamp;

fn members() -> Vec<Member> {
    let member = |name: &str, role| Member {
        name: name.parse().unwrap(),
        display_name: name.to_uppercase(),
        role,
        language: None,
        groups: Vec::new(),
        created: Timestamp(0),
    };
    vec![member("ada", Role::Steward), member("ben", Role::Member)]
}

fn search(base: &str, scope: LdapSearchScope, filter: &str, attributes: &[&str]) -> LdapSearchRequest {
    LdapSearchRequest {
        base: base.into(),
        scope,
        aliases: LdapDerefAliases::Never,
        sizelimit: 0,
        timelimit: 0,
        typesonly: false,
        filter: filter_of(filter),
        attrs: attributes.iter().map(|&name| name.to_owned()).collect(),
    }
}

/// The places that are found, and the result's code.
fn found(request: LdapSearchRequest) -> (Vec<String>, LdapResultCode) {
    let mut answers = look_up(Question::Search(request), &members(), "oak.local");
    let Some(LdapOp::SearchResultDone(done)) = answers.pop() else {
        panic!("a search ends with its result");
    };
    let place = |answer: LdapOp| match answer {
        LdapOp::SearchResultEntry(entry) => entry.dn,
        other => panic!("{other:?}"),
    };
    (answers.into_iter().map(place).collect(), done.code)
}

fn bind(dn: &str, version: i64, cred: LdapBindCred) -> LdapOp {
    LdapOp::BindRequest(LdapBindRequest {
        version,
        dn: dn.into(),
        cred,
    })
}

fn simple(dn: &str, password: &str) -> LdapOp {
    bind(dn, 3, LdapBindCred::Simple(password.into()))
}

fn code(action: Action) -> LdapResultCode {
    match action {
        Action::Answer(mut answers) => match answers.pop() {
            Some(LdapOp::BindResponse(answer)) => answer.res.code,
            Some(LdapOp::ExtendedResponse(answer)) => answer.res.code,
            Some(
                LdapOp::ModifyResponse(answer) | LdapOp::AddResponse(answer) | LdapOp::DelResponse(answer),
            ) => answer.code,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

const ADA: &str = "uid=ada,ou=members,o=commonhost";

#[test]
fn only_a_checked_password_binds() {
    use LdapResultCode::{
        AuthMethodNotSupported, InvalidCredentials, ProtocolError, Success, UnwillingToPerform,
    };
    let mut session = Session::default();
    assert_eq!(code(session.take(simple("", ""))), Success, "anonymous");
    assert_eq!(code(session.take(simple(ADA, ""))), UnwillingToPerform);
    assert_eq!(code(session.take(simple("cn=admin", "x"))), InvalidCredentials);
    let old = bind(ADA, 2, LdapBindCred::Simple("x".into()));
    assert_eq!(code(session.take(old)), ProtocolError);
    let sasl = LdapBindCred::SASL(SaslCredentials {
        mechanism: "PLAIN".into(),
        credentials: Vec::new(),
    });
    assert_eq!(code(session.take(bind("", 3, sasl))), AuthMethodNotSupported);

    let ada: MemberName = "ada".parse().unwrap();
    let asked = session.take(simple(ADA, "secret"));
    let check = Action::Check {
        member: ada.clone(),
        password: "secret".into(),
    };
    assert_eq!(asked, check);
    assert!(session.member.is_none(), "not before it was checked");
    session.bound(ada.clone(), false);
    assert!(session.member.is_none());
    session.bound(ada.clone(), true);
    assert_eq!(session.member, Some(ada));
    session.take(simple("cn=admin", "x"));
    assert!(session.member.is_none(), "a failed bind ends the one before");
}

#[test]
fn members_are_found_by_name_and_by_group() {
    use LdapSearchScope::{Base, Children, OneLevel, Subtree};
    let ben = "uid=ben,ou=members,o=commonhost".to_owned();
    let one = |place: &str| (vec![place.to_owned()], LdapResultCode::Success);
    assert_eq!(
        found(search("o=commonhost", Subtree, "(uid=ben)", &[])),
        one(&ben)
    );
    assert_eq!(found(search("", Subtree, "(uid=ben)", &[])), one(&ben));
    assert_eq!(
        found(search("OU=Members, O=commonhost", OneLevel, "(uid=ben)", &[])),
        one(&ben)
    );
    let stewards = "(memberOf=cn=stewards,ou=groups,o=commonhost)";
    assert_eq!(
        found(search("ou=members,o=commonhost", Subtree, stewards, &[])),
        one(ADA)
    );
    let group = search("ou=groups,o=commonhost", Children, "(memberUid=ada)", &[]);
    assert_eq!(found(group).0.len(), 2);
    assert_eq!(found(search(ADA, Base, "(objectClass=*)", &[])), one(ADA));
    assert_eq!(
        found(search("o=commonhost", OneLevel, "(uid=*)", &[])).0,
        Vec::<String>::new()
    );
    let nowhere = search("ou=people,o=commonhost", Subtree, "(uid=*)", &[]);
    assert_eq!(found(nowhere), (vec![], LdapResultCode::NoSuchObject));
    assert_eq!(
        found(search("", Base, "(objectClass=*)", &["namingContexts"])),
        one("")
    );
    let limited = LdapSearchRequest {
        sizelimit: 1,
        ..search("o=commonhost", Subtree, "(uid=*)", &[])
    };
    assert_eq!(
        found(limited),
        (vec![ADA.to_owned()], LdapResultCode::SizeLimitExceeded)
    );
}

#[test]
fn nothing_secret_stands_in_an_entry_and_only_what_was_asked_for_is_sent() {
    let attributes = |asked: &[&str]| {
        let request = search(ADA, LdapSearchScope::Base, "(objectClass=*)", asked);
        match &look_up(Question::Search(request), &members(), "oak.local")[0] {
            LdapOp::SearchResultEntry(entry) => {
                let names = entry.attributes.iter().map(|attribute| attribute.atype.clone());
                names.collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(attributes(&["CN", "userPassword"]), ["cn"]);
    assert_eq!(attributes(&["1.1"]), Vec::<String>::new());
    assert!(
        !attributes(&[])
            .iter()
            .any(|name| name.to_lowercase().contains("password"))
    );
}

#[test]
fn every_change_is_refused() {
    let mut session = Session::default();
    session.bound("ada".parse().unwrap(), true);
    let add = LdapOp::AddRequest(ldap3_proto::proto::LdapAddRequest {
        dn: ADA.into(),
        attributes: vec![],
    });
    assert_eq!(code(session.take(add)), LdapResultCode::UnwillingToPerform);
    let delete = LdapOp::DelRequest(ADA.into());
    assert_eq!(code(session.take(delete)), LdapResultCode::UnwillingToPerform);
    let start_tls = LdapOp::ExtendedRequest(LdapExtendedRequest {
        name: "1.3.6.1.4.1.1466.20037".into(),
        value: None,
    });
    assert_eq!(code(session.take(start_tls)), LdapResultCode::ProtocolError);
}

proptest! {
    #[test]
    fn every_entry_found_stands_below_its_base(base in "(ou=(members|groups),)?o=commonhost", uid in "[a-c*]{1,3}") {
        let filter = format!("(|(uid={uid})(cn={uid}))");
        let (places, code) = found(search(&base, LdapSearchScope::Subtree, &filter, &[]));
        prop_assert_eq!(code, LdapResultCode::Success);
        prop_assert!(places.iter().all(|place| place.ends_with(&base)));
    }
}
