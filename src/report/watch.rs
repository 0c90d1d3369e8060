//! The same look again and again, drawn over the last one: survives a terminal that changes its size and a database
//! that goes away, and ends with Ctrl-C or when nobody reads any longer.

use tokio::signal::unix::{SignalKind, signal};

use super::health::{Args, Checked, check};
use super::verdict::Limits;
use crate::context::Context;
use crate::failure::{Failure, Kind};
use crate::output::{Ended, Json, Output, Page, Tone};
use crate::stop::Stop;

/// What is on the screen: the last look, and why there is no newer one.
#[derive(Default)]
struct Shown {
    last: Option<Checked>,
    away: Option<String>,
}

pub async fn run(context: &Context, args: &Args, limits: &Limits) -> Result<Ended, Failure> {
    let mut stop = Stop::listen()?;
    let ended = tokio::select! {
        ended = follow(context, args, limits) => ended?,
        () = stop.raised() => Ended(stop.signal()),
    };
    Ok(ended)
}

async fn follow(context: &Context, args: &Args, limits: &Limits) -> Result<Ended, Failure> {
    let mut resized = signal(SignalKind::window_change())
        .map_err(|why| Failure::fault(why).context("cannot listen for signals"))?;
    let mut shown = Shown::default();
    let mut is_first = true;
    loop {
        match check(context, args, limits).await {
            Ok(checked) => shown = Shown { last: Some(checked), away: None },
            // What was never there is an error; what was there a moment ago is waited for.
            Err(failure) if failure.kind == Kind::Later && shown.last.is_some() => {
                shown.away = Some(failure.source.to_string());
            }
            Err(failure) => return Err(failure),
        }
        let next = tokio::time::Instant::now() + args.every();
        loop {
            if !context.printer.redraw(&shown, std::mem::take(&mut is_first))? {
                return Ok(Ended(None));
            }
            tokio::select! {
                () = tokio::time::sleep_until(next) => break,
                // Another size has other lines: all is drawn anew.
                _ = resized.recv(), if context.printer.redraws() => is_first = true,
            }
        }
    }
}

impl Output for Shown {
    fn text(&self, page: &mut Page) {
        if let Some(why) = &self.away {
            page.toned(format!("not up to date: {why}; it is tried again"), Tone::Bad);
        }
        if let Some(last) = &self.last {
            last.text(page);
        }
    }

    /// A line for each look; what is not up to date is not told again.
    fn json(&self) -> Json {
        match (&self.last, &self.away) {
            (Some(last), None) => last.json(),
            (_, why) => Json::One(serde_json::json!({ "error": why })),
        }
    }
}
