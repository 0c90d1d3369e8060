//! The local database: real PostgreSQL, started on demand on a private unix socket, stopped when idle.
//!
//! Every command that needs it calls [`ensure()`] and keeps the answer for as long as it works. The first one starts a
//! supervisor (hookyard itself, in the background), which is the parent of postgres; the others join. When no command
//! has held a lease for the idle time, the supervisor stops the server and goes. Nothing listens on a network, and
//! nothing has to be installed or started by hand where a server's binaries can be found or fetched.
//!
//! Reading order: `setting` what is wished, `layout` what lies where, `binaries` (`installed`, `packages`,
//! `version`) which PostgreSQL, `root` as whom, `lock` who may do what, `ensure` and `start`, `supervisor` (`cluster`,
//! `watch`, `idle`, `stale`), `stop`, `describe`.

mod apt;
mod binaries;
mod cluster;
mod describe;
mod ensure;
mod handshake;
mod idle;
mod installed;
mod layout;
mod lock;
mod log;
mod packages;
mod process;
mod root;
mod setting;
mod socket;
mod stale;
mod start;
mod stop;
mod supervisor;
mod version;
mod watch;

pub use describe::{Description, describe};
pub use ensure::{Local, ensure};
pub use setting::Setting;
pub use stop::{Stopped, stop};
pub use supervisor::{SuperviseArgs, supervise};
