//! The server the tests run on, and the only place that knows where it is.

use std::env;

/// The URL of a database on the tests' server, as `role` or as the superuser.
pub fn url(role: Option<&str>, database: &str) -> String {
    let server = env::var("HOOKYARD_TEST_SERVER")
        .expect("HOOKYARD_TEST_SERVER names a throw-away server, as in postgres://postgres@127.0.0.1:5433");
    let mut url = url::Url::parse(&server).expect("HOOKYARD_TEST_SERVER is a URL");
    url.set_path(database);
    if let Some(role) = role {
        // The fixtures' roles have no password: the throw-away server trusts its callers.
        url.set_username(role).expect("a host takes a user");
        url.set_password(None).expect("a host takes a user");
    }
    url.to_string()
}
