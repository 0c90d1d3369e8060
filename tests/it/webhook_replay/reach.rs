//! Whether an endpoint can be reached now: a connection and TLS, never a request.

use std::net::TcpListener;

use super::*;
use crate::support::Hostile;

#[test]
fn a_plan_says_of_every_endpoint_whether_it_can_be_reached_and_asks_nothing_of_it() {
    let (scene, hostile) = (Scene::new(), Hostile::start());
    let closed = TcpListener::bind("127.0.0.1:0").expect("loopback").local_addr().expect("bound");
    let secure = |address: std::net::SocketAddr| format!("https://{address}/in");
    let expected = [
        (format!("http://{}/in", hostile.http), "reachable"),
        (secure(hostile.https), "reachable"),
        (secure(hostile.self_signed), "TLS: "),
        (secure(hostile.expired), "TLS: invalid peer certificate: certificate expired"),
        (secure(hostile.wrong_name), "TLS: invalid peer certificate: certificate not valid for name"),
        (secure(hostile.unknown_ca), "TLS: invalid peer certificate"),
        (secure(hostile.old_tls), "TLS: "),
        (secure(closed), "connection refused"),
        ("https://10.0.0.1/in".to_owned(), "private"),
    ];
    let webhooks: Vec<String> = expected.iter().map(|(url, _)| scene.webhook(url)).collect();
    dead(&scene, 2);
    let ca_file = hostile.ca_pem.display().to_string();
    let planned = scene
        .hookyard(&["webhook", "replay", "--dead", "--json"])
        .env("HOOKYARD_CA_FILE", &ca_file)
        .run()
        .succeeds()
        .json();
    let endpoints = planned["endpoints"].as_array().expect("endpoints");
    for (webhook, (url, reached)) in webhooks.iter().zip(&expected) {
        let part =
            endpoints.iter().find(|part| part["webhook_id"] == webhook.as_str()).expect("it is planned");
        let told = part["trouble"].as_str().unwrap_or("reachable");
        assert!(told.contains(reached), "{url}: {told}\n{part}");
        assert_eq!(part["reachable"] == true, told == "reachable");
    }
    assert!(hostile.connections() >= 7, "they were dialled");
    assert_eq!(hostile.seen("/in").len(), 0, "no request was made");
}
