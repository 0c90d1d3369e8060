//! The statements that read attempts which nobody has counted: along their time, or along their webhooks.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// Attempts are found by their time, wherever they lie side by side.
    Time,
    /// By the documented index. Of one stretch all webhooks at once: each page of the table is looked at once instead of
    /// once for each of them. Of many days that would be a map of all attempts.
    Webhooks,
}

/// What is read, each in its own way.
pub struct Texts {
    /// One stretch without end, of the begun hour; and of that and the one before it.
    pub newest: [&'static str; 2],
    /// One stretch of one hour.
    pub hour: &'static str,
    /// Any stretches, by the hour: before PostgreSQL 14, and since.
    pub mixed: [&'static str; 2],
}

/// The moments are selected, so that the server plans for any: its statistics do not know the newest attempts, and for the
/// few that it would expect it sorts what are a hundred thousand. Of the year infinity: later than anything.
macro_rules! newest {
    ($along:literal, $before:literal) => {
        concat!(
            "select c.webhook_id, c.status, c.n, c.before,
                case when isfinite(c.last) then (extract(epoch from c.last) * 1000000)::int8 else 9223372036854775807 end
             from (
                select a.webhook_id, a.response_status as status, count(*) as n, ",
            $before,
            " as before, max(a.created_at) as last
                from webhook_delivery_attempts a
                where a.created_at between (select to_timestamp($1 / 1000000.0)) and (select timestamptz 'infinity')",
            $along,
            " group by 1, 2) c"
        )
    };
}
/// Nothing to tell apart where the begun hour is all there is.
macro_rules! newest_both {
    ($along:literal) => {
        [
            newest!($along, "0::int8"),
            newest!($along, "count(*) filter (where a.created_at < to_timestamp($2 / 1000000.0))"),
        ]
    };
}
macro_rules! hour {
    ($along:literal) => {
        concat!(
            "select a.webhook_id, a.response_status, count(*)
             from webhook_delivery_attempts a
             where a.created_at between (select to_timestamp($1 / 1000000.0)) and (select to_timestamp($2 / 1000000.0))",
            $along,
            " group by 1, 2"
        )
    };
}
/// `offset 0` keeps the stretches' ends from being worked out for every attempt. An attempt of the year infinity is counted
/// as the document counts it, and belongs to no hour.
macro_rules! mixed {
    ($webhooks:literal, $along:literal, $hour:literal) => {
        concat!(
            "select c.webhook_id, c.status, c.n,
                case when isfinite(c.hour) then extract(epoch from c.hour)::int8 * 1000000 end
             from (
                select to_timestamp(u.since / 1000000.0) as since,
                    coalesce(to_timestamp(u.last / 1000000.0), 'infinity') as last
                from unnest($1::int8[], $2::int8[]) as u (since, last) offset 0) s ",
            $webhooks,
            " cross join lateral (
                select a.webhook_id, a.response_status as status, ",
            $hour,
            " as hour, count(*) as n
                from webhook_delivery_attempts a
                where a.created_at between s.since and s.last",
            $along,
            " group by 1, 2, 3) c"
        )
    };
}
macro_rules! mixed_both {
    ($webhooks:literal, $along:literal) => {
        [
            mixed!($webhooks, $along, "date_trunc('hour', a.created_at)"),
            mixed!($webhooks, $along, "date_bin('1 hour', a.created_at, timestamptz '2000-01-01 00:00:00Z')"),
        ]
    };
}

const ALONG_TIME: Texts = Texts { newest: newest_both!(""), hour: hour!(""), mixed: mixed_both!("", "") };
const ALONG_WEBHOOKS: Texts = Texts {
    newest: newest_both!(" and a.webhook_id = any(array(select w.id from webhooks w))"),
    hour: hour!(" and a.webhook_id = any(array(select w.id from webhooks w))"),
    mixed: mixed_both!("cross join webhooks w", " and a.webhook_id = w.id"),
};

impl Along {
    pub fn texts(self) -> &'static Texts {
        match self {
            Along::Time => &ALONG_TIME,
            Along::Webhooks => &ALONG_WEBHOOKS,
        }
    }
}
