//! The server the tests run on, and the only place that knows where it is.

use std::env;

/// How hookyard names the server in its output.
pub fn place() -> String {
    let url = url::Url::parse(&url(None, "")).expect("a URL");
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(5432))
}

/// The URL of a database on the tests' server, as `role` or as the superuser.
pub fn url(role: Option<&str>, database: &str) -> String {
    let server =
        env::var("HOOKYARD_TEST_SERVER").expect("HOOKYARD_TEST_SERVER is the URL of a throw-away server");
    let mut url = url::Url::parse(&server).expect("HOOKYARD_TEST_SERVER is a URL");
    url.set_path(database);
    if let Some(role) = role {
        // The fixtures' roles have no password: the throw-away server trusts its callers.
        url.set_username(role).expect("a host takes a user");
        url.set_password(None).expect("a host takes a user");
    }
    url.to_string()
}
