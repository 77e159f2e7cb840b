//! Packet filters of libsrt over a grid of shapes, and which of two ways to repair is better.

/// What is protected together: rows alone, columns alone, or both.
pub const SHAPES: [&str; 10] = [
    "cols:10",
    "cols:10,rows:-5,layout:staircase",
    "cols:4,rows:4,layout:even",
    "cols:4,rows:4,layout:staircase",
    "cols:5,rows:5,layout:even",
    "cols:5,rows:5,layout:staircase",
    "cols:10,rows:5,layout:even",
    "cols:10,rows:5,layout:staircase",
    "cols:20,rows:5,layout:even",
    "cols:20,rows:5,layout:staircase",
];

/// What is asked for again beside it.
pub const MODES: [&str; 3] = ["always", "onreq", "never"];

/// Every shape with everything that may be asked for again, as in a URL.
pub fn grid() -> Vec<String> {
    let of_shape = |shape| MODES.map(|mode| format!("fec,{shape},arq:{mode}"));
    SHAPES.into_iter().flat_map(of_shape).collect()
}

/// What a way to repair came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The filter; none if nothing is said.
    pub filter: Option<String>,
    /// The share of the payloads that never arrived, in per cent.
    pub lost: f64,
    /// Bytes on the wire over one SRT packet a payload, in per cent.
    pub overhead: f64,
}

impl Point {
    /// Whether it is better in both.
    pub fn beats(&self, other: &Self) -> bool {
        self.lost < other.lost && self.overhead < other.overhead
    }

    /// Whether it is better in one and no worse in the other.
    pub fn dominates(&self, other: &Self) -> bool {
        let no_worse = self.lost <= other.lost && self.overhead <= other.overhead;
        no_worse && (self.lost, self.overhead) != (other.lost, other.overhead)
    }
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3} % ({:.1} %)", self.lost, self.overhead)
    }
}

/// A table of theirs beside ours with the same filter, and which of ours is better than each of
/// theirs, in Markdown.
pub fn table(theirs: &[Point], ours: &[Point]) -> String {
    let mut table = String::from(
        "| filter | libsrt: lost (overhead) | Golive: lost (overhead) | better of ours |\n\
         |---|---|---|---|\n",
    );
    for point in theirs {
        let same = ours.iter().find(|other| other.filter == point.filter);
        let better: Vec<String> =
            ours.iter().filter(|other| other.dominates(point)).map(short).collect();
        let beaten = same.filter(|same| point.beats(same)).map_or("", |_| " **beats ours**");
        table += &format!(
            "| {} | {point}{beaten} | {} | {} |\n",
            short(point),
            same.map_or_else(String::new, Point::to_string),
            if better.is_empty() { "-".to_owned() } else { better.join("; ") },
        );
    }
    table
}

/// A filter without the words that all have.
fn short(point: &Point) -> String {
    let Some(filter) = &point.filter else { return "none".to_owned() };
    let words = filter.split(',').filter_map(|part| part.split_once(':'));
    let mut short = String::new();
    for (key, value) in words {
        match key {
            "cols" => short += value,
            "rows" => short += &format!(" x {value}"),
            _ => short += &format!(" {value}"),
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_of_the_grid_is_one() {
        for filter in grid() {
            let read: Result<golive_proto::transport::srt::PacketFilter, _> = filter.parse();
            assert!(read.is_ok(), "{filter}");
        }
    }

    #[test]
    fn a_point_that_is_worse_in_one_is_not_better() {
        let point = |lost, overhead| Point { filter: None, lost, overhead };
        assert!(point(1.0, 10.0).beats(&point(2.0, 11.0)));
        assert!(!point(1.0, 10.0).beats(&point(1.0, 11.0)));
        assert!(point(1.0, 10.0).dominates(&point(1.0, 11.0)));
        assert!(!point(1.0, 12.0).dominates(&point(2.0, 11.0)));
        assert!(!point(1.0, 1.0).dominates(&point(1.0, 1.0)));
    }
}
