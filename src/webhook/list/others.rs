//! `webhook list --others`: attempts that another application made and wrote into webhook_delivery_attempts. They
//! have no delivery here; their rows are all there is.

use serde_json::json;

use super::super::store::OtherRow;
use crate::clock;
use crate::egress;
use crate::output::{Cell, Json, Output, Page, Table, Tone};

pub struct Others(pub Vec<OtherRow>);

impl OtherRow {
    fn tone(&self) -> Tone {
        if (200..300).contains(&self.status) { Tone::Good } else { Tone::Bad }
    }

    fn made(&self) -> String {
        self.created_at.map_or_else(|| "at no known time".to_owned(), clock::shown)
    }

    fn place(&self) -> String {
        self.url.as_deref().map_or_else(|| self.webhook_id.to_string(), egress::shown)
    }
}

impl Output for Others {
    fn text(&self, page: &mut Page) {
        if self.0.is_empty() {
            page.line("no attempts of another application");
            return;
        }
        let mut table = Table::new(&["attempt", "endpoint", "made", "event", "came to"]);
        for row in &self.0 {
            table.row(vec![
                row.attempt_id.to_string().into(),
                row.place().into(),
                row.made().into(),
                row.event_type.as_deref().unwrap_or("").into(),
                Cell::toned(row.status.to_string(), row.tone()),
            ]);
        }
        page.table(table);
    }

    fn json(&self) -> Json {
        let line = |row: &OtherRow| {
            json!({
                "attempt_id": row.attempt_id.to_string(),
                "webhook_id": row.webhook_id.to_string(),
                "url": row.url.as_deref().map(egress::shown),
                "event_type": row.event_type,
                "status": row.status,
                "created_at": row.created_at.map(clock::shown),
            })
        };
        Json::Lines(self.0.iter().map(line).collect())
    }

    fn csv(&self) -> Option<Vec<Vec<String>>> {
        let mut rows = vec![
            ["attempt_id", "webhook_id", "url", "event_type", "status", "created_at"]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(self.0.iter().map(|row| {
            vec![
                row.attempt_id.to_string(),
                row.webhook_id.to_string(),
                row.url.as_deref().map(egress::shown).unwrap_or_default(),
                row.event_type.clone().unwrap_or_default(),
                row.status.to_string(),
                row.created_at.map(clock::shown).unwrap_or_default(),
            ]
        }));
        Some(rows)
    }
}
