//! The charts themselves.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::chart::{
    ACCEPTED, BROKEN, Drawn, MIDDLE, REFUSED, Room, Root, SCALE, SILENT, SLOW, WAITING, bars, figure, ink,
    letters, plane, quiet, short, track,
};
use super::day;
use crate::clock::Micros;
use crate::report::figures::{Answers, Endpoint, Hour, YardiDay};
use crate::report::told::table::percent;

type Figure = Result<String, Box<dyn std::error::Error>>;

const DAY: Micros = 86_400_000_000;
/// Endpoints that are drawn; the table beside has more.
pub const ENDPOINTS: usize = 12;

/// Attempts by hour, by what they came to.
pub fn deliveries(hours: &[Hour]) -> Figure {
    let all: i64 = hours.iter().map(|hour| hour.attempts).sum();
    let failed: i64 = hours.iter().map(Hour::failures).sum();
    let description = format!("{all} attempts in {} hours, {failed} of them failed.", hours.len());
    figure("deliveries", "Attempts over time, by what they came to", &description, 300, |root, room| {
        let size = hours.len().div_ceil(room.bars()).max(1);
        let binned: Vec<Hour> = hours.chunks(size).map(sum).collect();
        let top = binned.iter().map(|hour| hour.attempts).max().unwrap_or(0);
        let starts: Vec<Micros> = binned.iter().map(|hour| hour.at).collect();
        let plane = plane(root, 0.0..binned.len().max(1) as f64, top as f64, "", &days(&starts, room, 0.0))?;
        let parts: Vec<Vec<f64>> = binned
            .iter()
            .map(|hour| {
                let others = hour.attempts - hour.successes - hour.failures();
                [hour.successes, hour.refused, hour.server_errors, hour.no_answer, others]
                    .map(|n| n as f64)
                    .to_vec()
            })
            .collect();
        bars(&plane, &parts, &[&ACCEPTED, &REFUSED, &BROKEN, &SILENT, &WAITING])?;
        // Narrow bars hold more hours, and say so.
        let bar = if size == 1 { "a bar is an hour".to_owned() } else { format!("a bar is {size} hours") };
        let end = room.width() * SCALE - 6 * SCALE;
        Ok(root.draw(&Text::new(bar, (end, 0), quiet(12, HPos::Right, VPos::Top)))?)
    })
}

fn sum(hours: &[Hour]) -> Hour {
    let mut sum = Hour { at: hours.first().map(|hour| hour.at).unwrap_or_default(), ..Hour::default() };
    hours.iter().for_each(|hour| sum.add(hour));
    sum
}

/// Days that begin at one of these places, no more than there is room for.
fn days(starts: &[Micros], room: Room, offset: f64) -> Vec<(f64, String)> {
    let is_new = |at: usize| at == 0 || starts[at] / DAY != starts[at - 1] / DAY;
    // A day that has begun before the first place has no beginning to show.
    let mut found: Vec<(f64, String)> = (0..starts.len())
        .filter(|at| is_new(*at) && (starts.len() <= 40 || starts[*at] % DAY < DAY / 3))
        .map(|at| (at as f64 + offset, day(starts[at])))
        .collect();
    let keep = found.len().div_ceil(room.labels()).max(1);
    let mut at = 0;
    found.retain(|_| {
        at += 1;
        (at - 1) % keep == 0
    });
    found
}

/// One line for each endpoint, the worst first.
pub fn success(worst: &[&Endpoint]) -> Figure {
    let shown = &worst[..worst.len().min(ENDPOINTS)];
    let description = match shown.first() {
        Some(one) => {
            format!("{} endpoints; the worst succeeded in {}.", worst.len(), percent(one.counts.success_rate))
        }
        None => "No endpoint.".to_owned(),
    };
    let height = i32::try_from(shown.len()).unwrap_or(0) * 40 + 8;
    figure("success", "Success by endpoint, the worst first", &description, height, |root, room| {
        let width = room.width() * SCALE;
        for (at, one) in (0i32..).zip(shown) {
            let y = (at * 40 + 4) * SCALE;
            let url = one.url.as_deref().unwrap_or("(no URL)");
            let url = middle(url, if room == Room::Wide { 72 } else { 32 });
            let rate = percent(one.counts.success_rate);
            root.draw(&Text::new(url, (0, y), ink(13, HPos::Left, VPos::Top)))?;
            root.draw(&Text::new(rate, (width, y), ink(13, HPos::Right, VPos::Top)))?;
            share(root, one, y + 19 * SCALE, width)?;
        }
        Ok(())
    })
}

/// What the attempts of an endpoint came to, as shares of a bar.
fn share(root: &Root<'_>, one: &Endpoint, y: i32, width: i32) -> Drawn {
    let bar = |from: i32, to: i32, style: ShapeStyle| Rectangle::new([(from, y), (to, y + 9 * SCALE)], style);
    root.draw(&bar(0, width, track()))?;
    let counts = &one.counts;
    let parts = [
        (counts.successes, &ACCEPTED),
        (counts.failures - counts.no_answer, &BROKEN),
        (counts.no_answer, &SILENT),
        (counts.others, &WAITING),
    ];
    let (mut done, all) = (0, counts.attempts.max(1));
    let place = |count: i64| i32::try_from(i64::from(width) * count / all).unwrap_or(width);
    for (count, hue) in parts.into_iter().filter(|(count, _)| *count > 0) {
        // A failure among thousands is still seen.
        let (from, to) = (place(done).min(width - 2 * SCALE), place(done + count));
        root.draw(&bar(from, to.max(from + 2 * SCALE), hue.light.filled()))?;
        done += count;
    }
    Ok(())
}

fn middle(text: &str, most: usize) -> String {
    let text = crate::output::escape(text).replace('\n', " ");
    let count = text.chars().count();
    if count <= most {
        return text;
    }
    let half = most / 2;
    let (head, tail): (String, String) =
        (text.chars().take(half).collect(), text.chars().skip(count - half + 1).collect());
    format!("{head}…{tail}")
}

/// The median and the slowest twentieth, by day.
pub fn answers(answers: &Answers) -> Figure {
    let days_known: Vec<_> = answers.days.iter().filter(|day| day.p95_ms.is_some()).collect();
    let description = format!(
        "Half of the answers came within p50, nineteen of twenty within p95; {} days.",
        days_known.len()
    );
    figure("answers", "Answer times by day", &description, 290, |root, room| {
        let days_all = &answers.days;
        let top = days_all.iter().filter_map(|day| day.p95_ms).fold(0.0, f64::max);
        let starts: Vec<Micros> = days_all.iter().map(|day| day.at).collect();
        let end = (days_all.len().max(2) - 1) as f64 + 0.5;
        let plane = plane(root, -0.5..end, top, " ms", &days(&starts, room, 0.0))?;
        let of = |value: fn(&crate::report::figures::Day) -> Option<f64>| -> Vec<(f64, f64)> {
            let known = days_all.iter().enumerate();
            known.filter_map(|(at, day)| Some((at as f64, value(day)?))).collect()
        };
        let (p50, p95) = (of(|day| day.p50_ms), of(|day| day.p95_ms));
        let band: Vec<(f64, f64)> = p95.iter().chain(p50.iter().rev()).copied().collect();
        plane.draw(&Polygon::new(band, SLOW.light.mix(0.12).filled()))?;
        for (line, hue, name) in [(&p95, &SLOW, "p95"), (&p50, &MIDDLE, "p50")] {
            for run in line.chunk_by(|a, b| b.0 - a.0 < 1.5) {
                let stroke = hue.light.stroke_width((2 * SCALE).unsigned_abs());
                plane.draw(&PathElement::new(run.to_vec(), stroke))?;
            }
            for point in line {
                plane.draw(&Circle::new(*point, 3 * SCALE, hue.light.filled()))?;
            }
            if let Some(last) = line.last() {
                let (x, y) = plane.map_coordinate(last);
                root.draw(&Text::new(
                    name,
                    (x, y - 8 * SCALE),
                    letters(12, &SLOW, HPos::Center, VPos::Bottom),
                ))?;
            }
        }
        Ok(())
    })
}

/// Invites by day, by whether an entry has come of them.
pub fn invites(days_all: &[YardiDay]) -> Figure {
    let (all, converted) =
        days_all.iter().fold((0, 0), |sum, day| (sum.0 + day.invites, sum.1 + day.converted));
    let description = format!("{all} invites in {} days, {converted} have become entries.", days_all.len());
    by_day("invites", "Invites from Yardi by day", &description, days_all, |day| {
        vec![day.converted as f64, (day.invites - day.converted).max(0) as f64]
    })
}

/// Polls that hookyard made, by day.
pub fn polls(days_all: &[YardiDay]) -> Figure {
    let (all, failed) = days_all
        .iter()
        .fold((0, 0), |sum, day| (sum.0 + day.polls.unwrap_or(0), sum.1 + day.polls_failed.unwrap_or(0)));
    let description = format!("{all} polls in {} days, {failed} of them failed.", days_all.len());
    by_day("polls", "Polls of Yardi by day", &description, days_all, |day| {
        let failed = day.polls_failed.unwrap_or(0);
        vec![(day.polls.unwrap_or(0) - failed).max(0) as f64, 0.0, failed as f64]
    })
}

fn by_day(
    id: &str,
    title: &str,
    description: &str,
    all: &[YardiDay],
    parts: fn(&YardiDay) -> Vec<f64>,
) -> Figure {
    figure(id, title, description, 250, |root, room| {
        let parts: Vec<Vec<f64>> = all.iter().map(parts).collect();
        let top = parts.iter().map(|parts| parts.iter().sum::<f64>()).fold(0.0, f64::max);
        let starts: Vec<Micros> = all.iter().map(|day| day.at).collect();
        let plane = plane(root, 0.0..all.len().max(1) as f64, top, "", &days(&starts, room, 0.5))?;
        bars(&plane, &parts, &[&ACCEPTED, &WAITING, &BROKEN])?;
        // The last bar is today's, and not over.
        if let Some(last) = parts.last() {
            let (x, y) = plane.map_coordinate(&(all.len() as f64 - 0.5, last.iter().sum()));
            let word = short(last.iter().sum());
            root.draw(&Text::new(word, (x, y - 3 * SCALE), quiet(11, HPos::Center, VPos::Bottom)))?;
        }
        Ok(())
    })
}
