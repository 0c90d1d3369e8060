//! Where credentials go: to the endpoint that is stored, over TLS that is believed, and nowhere else.

use crate::support::{Estate, Hostile, Household, PASSWORD, Person, USER, Voyager};

const STAMPS: &str = "select count(*) from yardi_properties where last_poll_run is not null";

#[test]
fn a_redirect_is_not_followed_and_stores_nothing() {
    for profile in ["conceptual", "voyager"] {
        for behaviour in ["redirect", "moved"] {
            let (voyager, other) = (Voyager::start().unwrap(), Voyager::start().unwrap());
            let estate = Estate::new();
            estate.integration("ACME", &voyager.url("/soap"));
            estate.property("ACME", "oakst");
            estate.configure(&format!("profile = \"{profile}\"\nentity = \"Example Vendor\"\n"));
            let ada = Person::new("p0000101", "applicant", "Ada", "Okafor", "ada@example.test");
            other.add("oakst", Household::of(vec![ada]));
            for property in ["oakst", "*"] {
                voyager.behave(property, &format!("{behaviour}/{}", other.url("/caught")));
            }
            let told = estate.poll(&["--quiet", "-vvv"]).run();
            assert_eq!(told.code, Some(4), "{profile} {behaviour}\n{told}");
            assert!(told.stdout.contains("that is not followed"), "{told}");
            assert_eq!(other.connections(), 0, "{profile} {behaviour}\n{told}");
            assert!(!told.all().contains("canary"), "{told}");
            assert_eq!(estate.rows(), "0 invites, 0 entries, 0 links, 0 applicants");
            assert_eq!(estate.text(STAMPS), "0");
        }
    }
}

#[test]
fn nothing_is_said_over_tls_that_is_not_believed() {
    let hostile = Hostile::start();
    let bad = [hostile.self_signed, hostile.expired, hostile.wrong_name, hostile.unknown_ca, hostile.old_tls];
    for (at, address) in bad.iter().enumerate() {
        let estate = Estate::new();
        estate.integration("ACME", &format!("https://{address}/status/200"));
        estate.property("ACME", "PROP-700");
        let ca = hostile.ca_pem.display().to_string();
        let told = estate.poll(&["--quiet", "-vvv"]).env("HOOKYARD_CA_FILE", &ca).run();
        assert_eq!(told.code, Some(3), "{at}\n{told}");
        assert!(!told.all().contains("canary"), "{told}");
        assert_eq!(estate.text(STAMPS), "0");
    }
    assert_eq!(hostile.seen("/status/200").len(), 0, "no request left");
    // The same, where the certificate is right: what was kept back above is said here.
    let estate = Estate::new();
    estate.integration("ACME", &format!("https://{}/status/200", hostile.https));
    estate.property("ACME", "PROP-700");
    estate.poll(&["--quiet"]).env("HOOKYARD_CA_FILE", &hostile.ca_pem.display().to_string()).run();
    let body = String::from_utf8_lossy(&hostile.seen("/status/200")[0].body).into_owned();
    assert!(body.contains(USER) && !body.contains(PASSWORD) && body.contains("canary-p&amp;w"), "{body}");
}
