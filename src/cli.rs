//! The root of the command line: global flags, dispatch, and the answer handed to the printer.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

use crate::context::Context;
use crate::failure::{Failure, Kind};
use crate::output::{Format, Output, Printer};
use crate::settings::{self, Flags, Settings};
use crate::{config, database, db, demo, env, generate, report, webhook, yardi};

/// Deliver webhooks out of Postgres, at least once, and say what became of each
#[derive(Parser)]
#[command(
    name = "hookyard",
    version,
    disable_help_subcommand = true,
    after_help = "Examples:\n  hookyard demo\n  hookyard webhook retry --max-runtime 55s\n  hookyard webhook list --dead"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Args)]
#[command(next_help_heading = "Everywhere")]
struct Global {
    /// Use this database: `embedded`, the name of a `databases` section, or a URL without a password
    #[arg(long, global = true, value_name = "DATABASE")]
    database: Option<String>,
    /// Read this configuration file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Let this address range be dialled although it is not public
    #[arg(long, global = true, value_name = "CIDR", value_parser = settings::network)]
    allow_egress: Vec<IpNet>,
    /// Let endpoints be plain http
    #[arg(long, global = true)]
    allow_http: bool,
    /// Answer in JSON: one document, or one line per item
    #[arg(long, global = true)]
    json: bool,
    /// Say nothing but the answer and errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Tell more on stderr; twice for more still
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// How log lines are written
    #[arg(long, global = true, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Subcommand)]
enum Noun {
    /// Deliver events to customers' endpoints
    #[command(subcommand)]
    Webhook(Box<webhook::Verb>),
    /// Say whether the integration layer is well
    #[command(subcommand)]
    Report(report::Verb),
    /// Import prospects from Yardi and write results back
    #[command(subcommand)]
    Yardi(yardi::Verb),
    /// Prepare and inspect the database
    #[command(subcommand)]
    Database(database::Verb),
    Config(config::Args),
    Demo(demo::Args),
    #[command(hide = true)]
    Generate(generate::Args),
    #[command(hide = true)]
    LocalServer(LocalServer),
}

/// The command line as far as verbs go that start nothing: building the whole tree takes longer than a signature.
#[derive(Parser)]
struct Short {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    noun: ShortNoun,
}

#[derive(Subcommand)]
enum ShortNoun {
    #[command(subcommand)]
    Webhook(webhook::Alone),
}

/// The parent of the local server, started by hookyard itself
#[derive(Args)]
struct LocalServer {
    #[command(flatten)]
    args: db::embedded::SuperviseArgs,
}

/// The whole command line, for completions and man pages.
pub fn command() -> clap::Command {
    Cli::command()
}

pub fn main() -> ExitCode {
    let typed = asked(std::env::args_os().collect());
    // Whoever asked for JSON gets the error in JSON, although the call was never understood.
    let wished = if typed.iter().any(|word| word == "--json") { Format::Json } else { Format::Text };
    // So with a plug-in of Nagios: a wrong call is 3 there, and 2 would be an alarm.
    let is = |wanted: &str| typed.iter().any(|word| word == wanted);
    let plugin = is("report") && is("--nagios");
    let printer = Printer { format: wished, plugin, ..Printer::default() };
    if let Some(at) = typed.iter().position(|word| word.to_str().is_none()) {
        return failed(&printer, &Failure::usage(format!("argument {at} is not valid UTF-8")));
    }
    let (cli, command) = match read(&typed) {
        Ok(read) => read,
        Err(why) => return misused(&printer, &why),
    };
    let printer =
        Printer { format: format(&cli), quiet: cli.global.quiet, logging: cli.global.verbose > 0, plugin };
    if let Noun::LocalServer(local) = cli.noun {
        return ExitCode::from(db::embedded::supervise(local.args));
    }
    match run(cli, printer.clone(), command) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failed(&printer, &failure),
    }
}

/// `hookyard help webhook retry`, as git and cargo are asked, is `hookyard webhook retry --help`.
fn asked(mut typed: Vec<OsString>) -> Vec<OsString> {
    if typed.get(1).is_some_and(|word| word == "help") {
        typed.remove(1);
        typed.push("--help".into());
    }
    typed
}

/// What was typed, and its noun and verb. What the short tree does not understand, help included, is for the whole one.
fn read(typed: &[OsString]) -> Result<(Cli, String), clap::Error> {
    if let Ok((Short { global, noun: ShortNoun::Webhook(verb) }, command)) = parsed(typed) {
        let noun = Noun::Webhook(Box::new(webhook::Verb::Alone(verb)));
        return Ok((Cli { global, noun }, command));
    }
    parsed(typed)
}

fn parsed<P: Parser>(typed: &[OsString]) -> Result<(P, String), clap::Error> {
    let matches = P::command().try_get_matches_from(typed)?;
    Ok((P::from_arg_matches(&matches)?, words(&matches).join(" ")))
}

fn failed(printer: &Printer, failure: &Failure) -> ExitCode {
    printer.fail(failure);
    ExitCode::from(printer.code(failure.kind))
}

fn run(cli: Cli, printer: Printer, command: String) -> Result<u8, Failure> {
    log(&cli.global, &printer)?;
    // Signing, generating and the like need neither runtime nor settings.
    if let Noun::Generate(args) = cli.noun {
        return printer.print(&generate::run(&args)?);
    }
    if let Noun::Webhook(verb) = &cli.noun
        && let Some(answer) = webhook::run_alone(verb, cli.global.config.as_deref(), &printer)?
    {
        return printer.print(answer.as_ref());
    }
    let flags = Flags {
        config: cli.global.config,
        database: cli.global.database,
        allow_egress: cli.global.allow_egress,
        allow_http: cli.global.allow_http,
    };
    let settings = Settings::read(&flags)?;
    if let Some(warning) = &settings.warning {
        printer.warn(warning);
    }
    let context = Context::new(settings, printer.clone(), command)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::fault(why).context("cannot start the runtime"))?;
    let answer = runtime.block_on(dispatch(&context, cli.noun));
    // A name lookup that hangs keeps its thread; the process need not wait for it.
    runtime.shutdown_background();
    printer.print(answer?.as_ref())
}

async fn dispatch(context: &Context, noun: Noun) -> Result<Box<dyn Output>, Failure> {
    match noun {
        Noun::Webhook(verb) => webhook::run(context, *verb).await,
        Noun::Report(verb) => report::run(context, verb).await,
        Noun::Yardi(verb) => yardi::run(context, verb).await,
        Noun::Database(verb) => database::run(context, verb).await,
        Noun::Config(args) => config::run(context, &args),
        Noun::Demo(args) => Box::pin(demo::run(context, args)).await,
        Noun::Generate(_) | Noun::LocalServer(_) => Err(Failure::fault("dispatched twice")),
    }
}

fn format(cli: &Cli) -> Format {
    if cli.global.json {
        Format::Json
    } else if match &cli.noun {
        Noun::Webhook(verb) => verb.wants_csv(),
        Noun::Report(verb) => verb.wants_csv(),
        _ => false,
    } {
        Format::Csv
    } else {
        Format::Text
    }
}

/// clap's own text and code: 0 for help and version, 2 for a mistyped call. An error repeats what was typed, so it
/// passes the printer as every text from outside does.
fn misused(printer: &Printer, why: &clap::Error) -> ExitCode {
    if !why.use_stderr() {
        return match printer.help(&why.render()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failed(printer, &failure),
        };
    }
    printer.misused(&why.render().to_string());
    ExitCode::from(printer.code(Kind::Usage))
}

/// Noun and verb as typed.
fn words(matches: &clap::ArgMatches) -> Vec<String> {
    let mut words = Vec::new();
    let mut at = matches;
    while let Some((name, below)) = at.subcommand() {
        words.push(name.to_owned());
        at = below;
    }
    words
}

/// Our own targets only, whatever RUST_LOG says: other crates' logs hold headers and rows.
fn log(global: &Global, printer: &Printer) -> Result<(), Failure> {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;

    let level = match global.verbose {
        _ if global.quiet => LevelFilter::OFF,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let json = match global.log_format {
        Some(format) => format == LogFormat::Json,
        None => match env::read(env::LOG_FORMAT)?.as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(other) => {
                return Err(Failure::blocked(format!(
                    "{}: `{other}` is neither text nor json",
                    env::LOG_FORMAT
                )));
            }
        },
    };
    let ours = Targets::new().with_target("hookyard", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(ours);
    let installed = if json {
        registry.with(lines.json()).try_init()
    } else {
        registry.with(lines.with_ansi(printer.colours_stderr()).without_time()).try_init()
    };
    installed.map_err(|why| Failure::fault(why.to_string()))
}
