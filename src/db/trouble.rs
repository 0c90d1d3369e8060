//! What the database says when it cannot: facts by SQLSTATE, with the place and without any secret.

use std::io::ErrorKind;

use crate::failure::{Failure, Kind};

/// A database error, reduced to what decides and what may be shown.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("cannot reach the database at {place}: {why}")]
    Unreachable { place: String, why: String },
    #[error("the database at {place} says: {message} ({code})")]
    Sql { place: String, code: String, message: String, hint: Option<String> },
    #[error("an answer of the database cannot be used: {0}")]
    Answer(String),
}

impl Trouble {
    pub fn unreachable(place: &str, why: impl Into<String>) -> Self {
        Trouble::Unreachable { place: place.into(), why: why.into() }
    }

    pub fn of_connecting(why: sqlx::Error, place: &str) -> Self {
        match why {
            sqlx::Error::Database(_) => Trouble::of(why, place),
            sqlx::Error::Tls(cause) => insecure(place, &cause),
            // A certificate that is refused arrives as an error of the socket.
            sqlx::Error::Io(io) if io.get_ref().is_some_and(|cause| cause.is::<rustls::Error>()) => {
                insecure(place, &io)
            }
            other => Trouble::unreachable(place, reason(&other)),
        }
    }

    pub fn of(why: sqlx::Error, place: &str) -> Self {
        match why {
            sqlx::Error::Database(error) => {
                let pg = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>();
                Trouble::Sql {
                    place: place.into(),
                    code: error.code().unwrap_or_default().into_owned(),
                    message: error.message().to_owned(),
                    hint: pg.and_then(|pg| pg.hint()).map(str::to_owned),
                }
            }
            sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Trouble::unreachable(place, reason(&why))
            }
            // A connection that is cut in the middle of a message ends here, too.
            sqlx::Error::Protocol(text) => {
                Trouble::unreachable(place, format!("the connection broke: {text}"))
            }
            other => Trouble::Answer(other.to_string()),
        }
    }

    pub fn code(&self) -> &str {
        match self {
            Trouble::Sql { code, .. } => code,
            _ => "",
        }
    }

    /// Deadlock or serialization failure: nothing has happened, try again.
    pub fn is_conflict(&self) -> bool {
        matches!(self.code(), "40P01" | "40001")
    }

    /// It may be over in a moment: lost connection, shut down, starting, full, or read-only for now.
    pub fn is_passing(&self) -> bool {
        match self {
            Trouble::Unreachable { .. } => true,
            Trouble::Sql { code, .. } => {
                code.starts_with("08")
                    || matches!(code.as_str(), "57P01" | "57P02" | "57P03" | "53300" | "25006")
            }
            Trouble::Answer(_) => false,
        }
    }

    /// Somebody else holds a lock that we gave up waiting for.
    pub fn is_lock_wait(&self) -> bool {
        self.code() == "55P03"
    }

    /// Something is not there, or not for us: a look at the catalog tells all of it.
    pub fn is_about_schema(&self) -> bool {
        matches!(self.code(), "42P01" | "42703" | "42883" | "42501" | "3F000")
    }

    pub fn is_busy_server(&self) -> bool {
        matches!(self.code(), "57P01" | "57P02" | "57P03" | "53300")
    }

    /// The data of one row are at fault, not the statement: the group is split.
    pub fn is_about_data(&self) -> bool {
        let code = self.code();
        code.starts_with("22") || code.starts_with("23") || matches!(code, "54000" | "54001")
    }

    fn kind(&self) -> Kind {
        match self {
            Trouble::Unreachable { .. } => Kind::Later,
            Trouble::Answer(_) => Kind::Fault,
            Trouble::Sql { code, .. } => match code.as_str() {
                code if code.starts_with("08") || code.starts_with("57") || code.starts_with("53") => {
                    Kind::Later
                }
                "25006" | "40P01" | "40001" | "55P03" => Kind::Later,
                code if code.starts_with("28") || code.starts_with("3D") || code == "TLS" => Kind::Blocked,
                code if code.starts_with("42") || code.starts_with("3F") => Kind::Blocked,
                code if code.starts_with("22") || code.starts_with("23") || code == "P0002" => Kind::No,
                _ => Kind::Fault,
            },
        }
    }

    fn advice(&self) -> Option<&'static str> {
        match self.code() {
            "28P01" | "28000" => Some("check user and password of the database URL"),
            "3D000" => Some("check the database's name, or create it"),
            "42P01" | "42703" | "42883" | "3F000" => Some(
                "`hookyard database status` lists everything that is missing, `hookyard database migrate` makes it",
            ),
            "42501" => Some("`hookyard database status` lists the rights that are missing"),
            "25006" => Some("the server is read-only: is it a standby?"),
            _ => None,
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        let (kind, advice) = (trouble.kind(), trouble.advice());
        let told = match &trouble {
            Trouble::Sql { hint, .. } => hint.clone(),
            _ => None,
        };
        let mut failure = Failure::new(kind, trouble);
        for hint in told.into_iter().chain(advice.map(str::to_owned)) {
            failure = failure.hint(hint);
        }
        failure
    }
}

fn insecure(place: &str, cause: &dyn std::fmt::Display) -> Trouble {
    Trouble::Sql {
        place: place.into(),
        code: "TLS".into(),
        message: format!("no secure connection: {cause}"),
        hint: Some("check sslmode and sslrootcert in the database URL".into()),
    }
}

/// For answers whose shape only a fault of ours explains.
pub fn fault(why: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(why.to_string().into())
}

fn reason(why: &sqlx::Error) -> String {
    match why {
        sqlx::Error::Io(io) => match io.kind() {
            ErrorKind::ConnectionRefused => "refused".into(),
            ErrorKind::NotFound => "there is no such socket".into(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                "the connection was cut".into()
            }
            _ => io.to_string(),
        },
        // The configuration's own text may repeat the URL.
        sqlx::Error::Configuration(_) => "the database URL cannot be used".into(),
        other => other.to_string(),
    }
}
