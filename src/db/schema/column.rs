//! Types of columns: how we write them, and which others serve as well.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Uuid,
    Varchar,
    Text,
    Jsonb,
    JsonbArray,
    VarcharArray,
    TextArray,
    UuidArray,
    Boolean,
    Integer,
    Bigint,
    Timestamp,
    Timestamptz,
    Bytea,
    /// A password in Cloak's form: Base64 as the document's text, or bytes.
    Password,
}

/// How a column that is there compares with the one expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Same,
    /// Another type that serves as well.
    Serves,
    Wrong,
}

impl Kind {
    /// As the document's DDL would write it.
    pub fn sql(self) -> &'static str {
        match self {
            Kind::Varchar | Kind::Password => "varchar(255)",
            Kind::VarcharArray => "varchar[]",
            Kind::Timestamp => "timestamp",
            other => other.catalog(),
        }
    }

    /// As `format_type` writes it, without length or precision.
    fn catalog(self) -> &'static str {
        match self {
            Kind::Uuid => "uuid",
            Kind::Varchar | Kind::Password => "character varying",
            Kind::Text => "text",
            Kind::Jsonb => "jsonb",
            Kind::JsonbArray => "jsonb[]",
            Kind::VarcharArray => "character varying[]",
            Kind::TextArray => "text[]",
            Kind::UuidArray => "uuid[]",
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Bigint => "bigint",
            Kind::Timestamp => "timestamp without time zone",
            Kind::Timestamptz => "timestamp with time zone",
            Kind::Bytea => "bytea",
        }
    }

    /// What we read as text may be any text; what we compare as a time may have a zone, since every transaction of
    /// ours is in UTC; headers are read element by element, whatever holds them.
    pub fn fit(self, found: &str) -> Fit {
        const TEXTS: &[&str] = &["character varying", "text", "character", "citext"];
        const TIMES: &[&str] = &["timestamp without time zone", "timestamp with time zone"];
        const WHOLE: &[&str] = &["smallint", "integer", "bigint"];
        if found == self.catalog() {
            return Fit::Same;
        }
        let serves: &[&str] = match self {
            Kind::Varchar | Kind::Text => TEXTS,
            Kind::Password => &["text", "character", "citext", "bytea"],
            Kind::Timestamp | Kind::Timestamptz => TIMES,
            Kind::Integer => WHOLE,
            Kind::Jsonb => &["json"],
            Kind::JsonbArray => &["jsonb", "json", "json[]"],
            Kind::VarcharArray => &["text[]"],
            Kind::Uuid | Kind::TextArray | Kind::UuidArray | Kind::Boolean | Kind::Bigint | Kind::Bytea => {
                &[]
            }
        };
        if serves.contains(&found) { Fit::Serves } else { Fit::Wrong }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_differences_serve_and_others_do_not() {
        for (kind, found, fit) in [
            (Kind::Varchar, "character varying", Fit::Same),
            (Kind::Varchar, "text", Fit::Serves),
            (Kind::Varchar, "bytea", Fit::Wrong),
            (Kind::Password, "bytea", Fit::Serves),
            (Kind::JsonbArray, "jsonb", Fit::Serves),
            (Kind::Timestamp, "timestamp with time zone", Fit::Serves),
            (Kind::VarcharArray, "text[]", Fit::Serves),
            (Kind::VarcharArray, "jsonb", Fit::Wrong),
            (Kind::Uuid, "text", Fit::Wrong),
            (Kind::Timestamp, "date", Fit::Wrong),
        ] {
            assert_eq!(kind.fit(found), fit, "{kind:?} {found}");
        }
    }
}
