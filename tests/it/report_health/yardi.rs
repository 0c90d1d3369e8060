//! What hookyard itself knows of Yardi: refused accounts, the last error of a stale property, results and mails that
//! wait or whose answer was lost, polls by day.

use super::{health, seen};
use crate::support::Scene;

#[test]
fn our_own_work_with_yardi_is_told_beside_the_documents_tables() {
    let scene = Scene::new();
    scene.yardi_property("2020-01-01");
    let none = seen(&scene, &[]);
    assert_eq!(none["yardi"]["own"]["submissions_waiting"], 0);
    let (integration, property) =
        ("00000000-0000-4000-8000-00000000001a", "00000000-0000-4000-8000-00000000000c");
    scene.database.execute(&format!(
        "insert into hookyard.yardi_accounts (integration_id, state, opened_at, opened_class, opened_text)
         values ('{integration}', 'open', now(), 'credentials', 'Invalid login');
         insert into hookyard.yardi_states (property_id, integration_id, last_error_at, last_error_class, last_error)
         values ('{property}', '{integration}', now(), 'no_answer', 'the service was silent');
         insert into hookyard.yardi_polls (id, state, run_id, integration_id, property_id, started_at, finished_at, class)
         select gen_random_uuid(), case when n = 1 then 'failed' else 'imported' end, gen_random_uuid(), '{integration}',
            '{property}', now(), now() - n / 4 * interval '1 day', case when n = 1 then 'no_answer' end
         from generate_series(1, 8) n;
         insert into hookyard.yardi_submissions (id, state, entry_id, revision, integration_id, property_id, prospect_code,
            values_sha256, marker, finished_at)
         select gen_random_uuid(), s.state, gen_random_uuid(), 1, '{integration}', '{property}', 'p1', '\\x00', 'm',
            case when s.state = 'accepted' then now() end
         from unnest(array['pending', 'pending', 'unknown', 'accepted']) s (state);
         insert into hookyard.mails (id, state, invite_id, integration_id, property_id, entry_id, address, finished_at)
         select gen_random_uuid(), s.state, gen_random_uuid(), '{integration}', '{property}', gen_random_uuid(),
            'jane@quux.example', case when s.state <> 'waiting' then now() end
         from unnest(array['waiting', 'sent', 'refused', 'unknown']) s (state)"
    ));
    let found = seen(&scene, &[]);
    let own = &found["yardi"]["own"];
    let told =
        ["accounts_blocked", "submissions_waiting", "submissions_unknown", "mails_waiting", "mails_troubled"]
            .map(|key| own[key].as_i64());
    assert_eq!(told, [Some(1), Some(2), Some(1), Some(1), Some(2)]);
    let troubled = &found["yardi"]["polling"]["troubled"][0];
    assert_eq!(troubled["last_error"], "no_answer: the service was silent");
    let days = found["yardi"]["days"].as_array().expect("days");
    let polls: Vec<_> =
        days.iter().map(|day| (day["polls"].as_i64(), day["polls_failed"].as_i64())).collect();
    assert_eq!(polls, [(Some(1), Some(0)), (Some(4), Some(0)), (Some(3), Some(1))]);
    let reasons: Vec<_> = found["reasons"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["name"].as_str().unwrap_or(""))
        .collect();
    assert_eq!(reasons, ["blocked", "stale", "unknown"]);
    let table = health(&scene, &[]).exits(1);
    assert!(table.stdout.contains("the service was silent"), "{table}");
    assert!(!table.all().contains("quux"), "nobody's address: {table}");
}
