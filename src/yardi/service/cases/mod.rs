//! The service against a Voyager on loopback that behaves as it is told.

mod reads;
mod writes;

use std::time::Duration;

use super::*;
use crate::demo::voyager::{Credentials, Household, Person, Voyager};
use crate::egress;
use crate::http;
use crate::yardi::account::{Hidden, Options, Profile};

const PASSWORD: &str = "p&w<>\"'ü😀-canary";
const USER: &str = "user-canary";
const LICENCE: &str = "LICENCE\r\nTEXT-canary";

fn account(voyager: &Voyager, profile: Profile) -> Account {
    let path = match profile {
        Profile::Conceptual => "/soap",
        Profile::Voyager => "/8223/webservices",
    };
    Account {
        profile,
        endpoint: voyager.url(path),
        user: USER.into(),
        password: Hidden::new(PASSWORD),
        server: "sqlsrv01".into(),
        database: "clientdb_live".into(),
        platform: "Voyager".into(),
        entity: "Example Vendor".into(),
        licence: Hidden::new(LICENCE),
        namespace: None,
        options: Options {
            timeout: Duration::from_secs(20),
            pauses: [Duration::from_millis(1), Duration::from_millis(2)],
            attachment_type: Some("Income Verification".into()),
            ..Options::default()
        },
    }
}

fn service(account: Account) -> Service {
    let rules = egress::Rules { allow: vec!["127.0.0.1/32".parse().expect("a network")], allow_http: true };
    let settings = http::Settings { rules, pool_idle: 2, ..http::Settings::default() };
    let (http, _) = Http::new(settings).expect("a client");
    Service::new(account, &http)
}

/// A property with two roommates and somebody who lives alone.
fn oak_street() -> Voyager {
    let voyager = Voyager::start().expect("loopback");
    voyager.require(Credentials {
        user: USER.into(),
        password: PASSWORD.into(),
        server: "sqlsrv01".into(),
        database: "clientdb_live".into(),
        entity: "Example Vendor".into(),
        licence: "LICENCETEXT-canary".into(),
    });
    let ada = Person {
        tenant: "t0000201".into(),
        ..Person::new("p0000101", "applicant", "Ada", "Okafor", "Ada.Okafor@Example.test")
    };
    let ben =
        Person { tenant: "r0000301".into(), ..Person::new("p0000102", "roommate", "Ben", "Okafor", "0") };
    voyager.add("oakst", Household::of(vec![ada, ben]));
    let mut eve = Person::new("p0000103", "prospect", " ", "O'Brien & Søns <x>", "");
    eve.email = None;
    voyager.add("oakst", Household { people: vec![eve], events: Vec::new() });
    voyager
}

fn window() -> Window {
    let now = 1_736_935_200_000_000;
    Window { from: now - 3_600_000_000, to: now }
}

async fn poll(voyager: &Voyager, profile: Profile) -> Result<Answer, Trouble> {
    service(account(voyager, profile)).poll("oakst", window()).await
}

/// Nothing that must not be seen is in it.
#[track_caller]
fn is_clean(trouble: &Trouble) {
    let text = format!("{trouble:?}");
    assert!(!text.contains("canary"), "{text}");
}
