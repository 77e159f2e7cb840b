//! Filters as text, and as two sides agree on them.

use super::*;

fn filter(text: &str) -> PacketFilter {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_filter_is_written_as_libsrt_writes_it() {
    for text in [
        "fec",
        "fec,cols:10",
        "fec,cols:10,rows:1",
        "fec,cols:8,rows:-4,layout:even",
        "fec,cols:10,rows:5,layout:staircase,arq:onreq",
        "fec,rows:5,arq:never",
    ] {
        assert_eq!(filter(text).to_string(), text);
    }
    let any_order = filter("fec,arq:always,layout:even,rows:5,cols:10");
    assert_eq!(any_order.to_string(), "fec,cols:10,rows:5,layout:even,arq:always");
}

#[test]
fn what_is_no_filter_is_refused() {
    for text in [
        "",
        "adaptive",
        "fec,cols:1",
        "fec,cols:128",
        "fec,cols:ten",
        "fec,cols:10,rows:0",
        "fec,cols:10,rows:-1",
        "fec,cols:10,rows:-32768",
        "fec,cols:10,layout:spiral",
        "fec,cols:10,arq:maybe",
        "fec,cols:10,depth:3",
        "fec,cols",
        "fec,cols:10,rows:5,layout:staircase,arq:onreq,layout:staircase,arq:onreq",
    ] {
        assert_eq!(text.parse::<PacketFilter>(), Err(PacketFilterError), "{text}");
    }
}

#[test]
fn each_side_completes_what_the_other_leaves_out() {
    let agreed = |own: &str, asked: &str| {
        let merged = PacketFilter::merge(Some(filter(own)), filter(asked))?.agree()?;
        Ok::<_, Rejection>(merged.to_string())
    };
    let full = "fec,cols:10,rows:5,layout:even,arq:always";
    assert_eq!(agreed("fec", full).unwrap(), full);
    assert_eq!(agreed("fec,layout:even,arq:always", "fec,cols:10,rows:5").unwrap(), full);
    let defaults = "fec,cols:10,rows:1,layout:staircase,arq:onreq";
    assert_eq!(agreed("fec", "fec,cols:10").unwrap(), defaults);
    assert_eq!(agreed("fec,cols:5", "fec,cols:10"), Err(Rejection::FILTER));
    assert_eq!(agreed("fec", "fec"), Err(Rejection::FILTER), "somebody has to say the columns");
}
