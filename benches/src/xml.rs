//! P10: the reader of Yardi's answers alone, against lxml's `iterparse` on the same fields of the same file; and its
//! memory, which must not grow with the answer. No database: `bench xml` needs python3 with venv, and pip's way to
//! its registry, for the comparison.

#[path = "../../src/yardi/answer/mod.rs"]
#[allow(dead_code, unused_imports, reason = "hookyard's own, of which the reader is used")]
mod answer;
#[path = "../../src/yardi/prospect.rs"]
#[allow(dead_code, reason = "hookyard's own")]
mod prospect;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use self::answer::text::Flaws;
use self::answer::walk::{Attributes, Harvest, Want};
use self::answer::{Guests, Unreadable};
use crate::process;

const RESULT: &str = "GetYardiGuestActivity_DateRangeResult";

/// What was measured: of the rate the least of the rounds' ratios is told, too.
pub struct Measured {
    pub rate: f64,
    pub factor: Option<f64>,
    pub spread: (f64, f64),
    /// Peak in KiB for each size in MiB.
    pub peaks: Vec<(u64, u64)>,
}

/// The rows leave as they come, as lines for COPY.
#[derive(Default)]
struct Encoding {
    guests: Guests,
    out: Vec<u8>,
    rows: u64,
    bytes: u64,
}

impl Encoding {
    fn encode(&mut self) {
        for p in self.guests.prospects.drain(..) {
            self.out.clear();
            let fields = [
                p.code(),
                p.property(),
                p.first_name(),
                p.last_name(),
                p.email(),
                p.kind(),
                p.tenant(),
                p.household(),
            ];
            for field in fields {
                self.out.extend_from_slice(field.as_bytes());
                self.out.push(b'\t');
            }
            for event in p.events() {
                self.out.extend_from_slice(event.as_bytes());
                self.out.push(b' ');
            }
            self.rows += 1;
            self.bytes += self.out.len() as u64;
        }
        self.guests.left_out.clear();
    }
}

impl Harvest for Encoding {
    fn open(
        &mut self,
        name: &str,
        depth: usize,
        attributes: &mut Attributes<'_, '_>,
    ) -> Result<Want, Unreadable> {
        self.guests.open(name, depth, attributes)
    }

    fn close(&mut self, name: &str, depth: usize, text: &str, flaws: Flaws) -> Result<(), Unreadable> {
        self.guests.close(name, depth, text, flaws)?;
        if self.guests.prospects.len() >= 256 {
            self.encode();
        }
        Ok(())
    }
}

/// `bench xml read FILE`: rows, bytes of their lines, seconds.
pub fn read(file: &Path) -> Result<()> {
    let mut encoding = Encoding::default();
    let source = BufReader::with_capacity(64 * 1024, File::open(file)?);
    let begun = Instant::now();
    let told = answer::read(source, RESULT, &mut encoding).map_err(|why| anyhow::anyhow!("{why}"))?;
    encoding.encode();
    ensure!(told.result && encoding.guests.is_list, "not a list of guests");
    println!("{} {} {:.6}", encoding.rows, encoding.bytes, begun.elapsed().as_secs_f64());
    Ok(())
}

/// An answer of so many MiB: households of one or two people with a few events, as a large property has them.
fn make(file: &Path, mib: u64) -> Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><GetYardiGuestActivity_DateRangeResponse xmlns=\"http://tempuri.org/YSI.Interfaces.WebServices/ItfILSGuestCard\"><{RESULT}><LeadManagement xmlns=\"\"><Prospects>"
    )?;
    let mut written = 0;
    let mut at = 0_u64;
    while written < mib << 20 {
        let household = household(at);
        out.write_all(household.as_bytes())?;
        written += household.len() as u64;
        at += 1;
    }
    write!(
        out,
        "</Prospects></LeadManagement></{RESULT}></GetYardiGuestActivity_DateRangeResponse></soap:Body></soap:Envelope>"
    )?;
    out.flush()?;
    Ok(())
}

fn household(at: u64) -> String {
    let person = |kind: &str, code: u64, tenant: &str| {
        format!(
            "<Customer Type=\"{kind}\"><Identification IDType=\"ProspectID\" IDValue=\"p{code:07}\" OrganizationName=\"Yardi\"/><Identification IDType=\"ThirdPartyID\" IDValue=\"\" OrganizationName=\"Example Vendor\"/><Identification IDType=\"TenantID\" IDValue=\"{tenant}\" OrganizationName=\"Yardi\"/><Identification IDType=\"PropertyID\" IDValue=\"oakst\" OrganizationName=\"Yardi\"/><Identification IDType=\"CreditCheckStatus\" IDValue=\"Credit Check Application has not been performed.\" OrganizationName=\"Yardi Resident Screening\"/><Name><NamePrefix/><FirstName>Ada{code}</FirstName><MiddleName/><LastName>O&apos;Kafor &amp; S\u{f8}n</LastName></Name><Phone PhoneType=\"cell\"><PhoneNumber>5550100</PhoneNumber></Phone><Email>ada.{code}@example.test</Email><Lease><ExpectedMoveInDate>2025-02-01</ExpectedMoveInDate><CurrentRent>0.00</CurrentRent><ResponsibleForLease>true</ResponsibleForLease></Lease></Customer>"
        )
    };
    let event = |kind: &str| {
        format!(
            "<Event EventType=\"{kind}\" EventDate=\"2025-01-15T09:41:00\"><EventID IDValue=\"{at}\"/><Agent><AgentName><FirstName>Lee</FirstName><LastName>Park</LastName></AgentName></Agent><EventReasons/><FirstContact>true</FirstContact><Comments>toured the house and asked for the pool</Comments><TransactionSource>Website</TransactionSource></Event>"
        )
    };
    let mut people = person("applicant", at * 2, "t0000201");
    if at % 4 == 0 {
        people.push_str(&person("roommate", at * 2 + 1, "r0000301"));
    }
    format!(
        "<Prospect><Customers>{people}</Customers><CustomerPreferences><TargetMoveInDate>2025-02-01</TargetMoveInDate><DesiredFloorplan>1B</DesiredFloorplan></CustomerPreferences><Events>{}{}{}</Events></Prospect>",
        event("WalkIn"),
        event("Email"),
        event("Application")
    )
}

/// Rows, bytes and seconds of a reader, and its peak in KiB.
fn timed(command: &mut Command) -> Result<((u64, u64, f64), u64)> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let out = child.stdout.take().context("no stdout")?;
    std::io::BufRead::read_line(&mut BufReader::new(out), &mut line)?;
    let spent = loop {
        if let Some(spent) = process::reap(&child, 0)? {
            break spent;
        }
    };
    ensure!(spent.status.success(), "a reader failed");
    let parts: Vec<&str> = line.split_whitespace().collect();
    let [rows, bytes, seconds] = parts[..] else { anyhow::bail!("a reader said {line:?}") };
    Ok(((rows.parse()?, bytes.parse()?, seconds.parse()?), spent.peak_kib))
}

pub fn measure(base: &Path, rounds: usize, sizes: &[u64]) -> Result<Measured> {
    let folder = base.join(format!("hookyard-xml-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measured(&folder, rounds, sizes);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measured(folder: &Path, rounds: usize, sizes: &[u64]) -> Result<Measured> {
    let file = folder.join("answer.xml");
    let own = std::env::current_exe()?;
    let ours = || {
        let mut command = Command::new(&own);
        command.args(["xml", "read"]).arg(&file);
        timed(&mut command)
    };
    let lxml = lxml(folder);
    if let Err(why) = &lxml {
        eprintln!("  no lxml: {why:#}");
    }
    let (mut rates, mut factors, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for (at, mib) in sizes.iter().enumerate() {
        make(&file, *mib)?;
        let length = std::fs::metadata(&file)?.len() as f64;
        let rounds = if at == 0 { rounds } else { 1 };
        for _ in 0..rounds {
            let ((rows, bytes, seconds), peak) = ours()?;
            let rate = length / 1e6 / seconds;
            eprintln!("  {mib} MiB: {rows} rows, {rate:.0} MB/s, peak {peak} KiB");
            if at == 0 {
                rates.push(rate);
                if let Ok(python) = &lxml {
                    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/parse.py");
                    let ((theirs, their_bytes, their_seconds), peak) =
                        timed(Command::new(python).arg(script).arg(&file))?;
                    ensure!(
                        (theirs, their_bytes) == (rows, bytes),
                        "lxml found {theirs} rows of {their_bytes} bytes"
                    );
                    eprintln!("  lxml: {:.0} MB/s, peak {peak} KiB", length / 1e6 / their_seconds);
                    factors.push(their_seconds / seconds);
                }
            }
            if peaks.last().is_none_or(|(size, _)| size != mib) {
                peaks.push((*mib, peak));
            }
        }
    }
    factors.sort_by(f64::total_cmp);
    rates.sort_by(f64::total_cmp);
    let middle = |all: &[f64]| all.get(all.len() / 2).copied();
    Ok(Measured {
        rate: middle(&rates).unwrap_or(f64::NAN),
        factor: middle(&factors),
        spread: (factors.first().copied().unwrap_or(0.0), factors.last().copied().unwrap_or(0.0)),
        peaks,
    })
}

fn lxml(folder: &Path) -> Result<PathBuf> {
    let venv = folder.join("venv");
    let quiet = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    ensure!(quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv))?.success(), "no venv");
    let python = venv.join("bin/python");
    let installed = quiet(Command::new(&python).args(["-m", "pip", "install", "--quiet", "lxml"]))?;
    ensure!(installed.success(), "pip install failed");
    Ok(python)
}

/// `bench xml`: the table of P10 alone.
pub fn run(args: &[String], base: &Path) -> Result<()> {
    if let [verb, file] = args
        && verb == "read"
    {
        return read(Path::new(file));
    }
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let sizes: &[u64] = if has("--long") { &[200, 20, 2048] } else { &[50, 20, 200] };
    let measured = measure(base, 3, sizes)?;
    println!("| measured | figure | target | met |\n|---|---|---|---|");
    let (figure, met) = measured.told();
    println!(
        "| P10 Yardi's answers read and encoded | {figure} | ≥ 4 × lxml; ≤ 16 MB | {} |",
        if met { "yes" } else { "**no**" }
    );
    Ok(())
}

impl Measured {
    pub fn told(&self) -> (String, bool) {
        let most = self.peaks.iter().map(|(_, peak)| *peak).max().unwrap_or(0);
        let peaks: Vec<String> = self
            .peaks
            .iter()
            .map(|(mib, peak)| format!("{:.1} MiB at {mib} MiB", *peak as f64 / 1024.0))
            .collect();
        let factor = self.factor.map_or("not compared".to_owned(), |factor| {
            format!("{factor:.1} × lxml (rounds {:.1}–{:.1})", self.spread.0, self.spread.1)
        });
        let figure = format!("{:.0} MB/s, {factor}; peak RSS {}", self.rate, peaks.join(", "));
        (figure, self.factor.is_none_or(|factor| factor >= 4.0) && most * 1024 <= 16_000_000)
    }
}
