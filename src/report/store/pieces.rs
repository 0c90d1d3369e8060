//! How the stretches that nobody has counted are divided: the newest first, in parts that are worth reading alone.

use super::hours::{DAY, Stretch};
use crate::clock::Micros;

/// The first and the last moment of each.
pub fn bounds(stretches: &[Stretch]) -> (Vec<Micros>, Vec<Option<Micros>>) {
    stretches.iter().map(|(from, until)| (*from, until.map(|until| until - 1))).unzip()
}

pub fn length(stretches: &[Stretch], begun: Micros) -> Micros {
    stretches.iter().map(|(from, until)| until.unwrap_or(begun) - from).sum()
}

/// A day long at most, the newest first.
pub fn pieces(left: &[Stretch], begun: Micros) -> Vec<Stretch> {
    let mut pieces = Vec::new();
    for &(from, mut until) in left.iter().rev() {
        loop {
            let cut = until.unwrap_or(begun) - DAY;
            if cut <= from {
                pieces.push((from, until));
                break;
            }
            pieces.push((cut, until));
            until = Some(cut);
        }
    }
    pieces
}

/// Short ones together.
pub fn batches(pieces: Vec<Stretch>, begun: Micros) -> Vec<Vec<Stretch>> {
    let mut batches: Vec<Vec<Stretch>> = Vec::new();
    for piece in pieces {
        match batches.last_mut() {
            Some(batch) if length(batch, begun) + length(&[piece], begun) <= DAY => batch.push(piece),
            _ => batches.push(vec![piece]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::super::hours::HOUR;
    use super::*;

    #[test]
    fn days_follow_each_other_the_newest_first_and_short_stretches_go_together() {
        let h = |hours: Micros| hours * HOUR;
        let begun = h(100);
        let all = pieces(&[(h(10) + 1, Some(h(60))), (h(70), Some(h(71))), (h(98), None)], begun);
        assert_eq!(
            all,
            [
                (h(98), None),
                (h(70), Some(h(71))),
                (h(36), Some(h(60))),
                (h(12), Some(h(36))),
                (h(10) + 1, Some(h(12)))
            ]
        );
        let sizes: Vec<usize> = batches(all, begun).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
        assert_eq!(pieces(&[(h(99) + 1, None)], begun), [(h(99) + 1, None)]);
    }
}
