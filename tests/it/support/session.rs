//! One connection of a test's own, driven step by step: to look, to prepare, and to stand in the way.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio::runtime::Runtime;

pub struct Session {
    runtime: Runtime,
    connection: PgConnection,
}

pub type Rows = Vec<Vec<Option<String>>>;

impl Session {
    pub fn open(url: &str) -> Session {
        Session::try_open(url).unwrap_or_else(|why| panic!("cannot connect to {url}: {why}"))
    }

    pub fn try_open(url: &str) -> Result<Session, sqlx::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let options: PgConnectOptions = url.parse().expect("a database URL");
        let options = options.application_name("test").disable_statement_logging();
        let connection = runtime.block_on(PgConnection::connect_with(&options))?;
        Ok(Session { runtime, connection })
    }

    /// Any number of statements, as one simple query.
    pub fn execute(&mut self, sql: &str) {
        self.attempt(sql).unwrap_or_else(|why| panic!("{why}\n{sql}"));
    }

    /// The SQLSTATE and message where the server says no.
    pub fn attempt(&mut self, sql: &str) -> Result<Rows, String> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        let rows = self.runtime.block_on(query.fetch_all(&mut self.connection)).map_err(|why| match why {
            sqlx::Error::Database(error) => {
                format!("{}: {}", error.code().unwrap_or_default(), error.message())
            }
            other => other.to_string(),
        })?;
        let text = |row: &sqlx::postgres::PgRow, at: usize| {
            let value = row.try_get_raw(at).expect("a column");
            // The simple protocol answers in text, whatever the type.
            value.as_str().ok().map(str::to_owned)
        };
        Ok(rows.iter().map(|row| (0..row.len()).map(|at| text(row, at)).collect()).collect())
    }

    pub fn query_text(&mut self, sql: &str) -> Rows {
        self.attempt(sql).unwrap_or_else(|why| panic!("{why}\n{sql}"))
    }

    /// The backend's process id.
    pub fn pid(&mut self) -> String {
        self.query_text("select pg_backend_pid()")[0][0].clone().expect("a pid")
    }
}
