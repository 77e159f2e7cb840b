//! A plot for each network: what the link carries and what arrives, and how old pictures are when
//! they do. Golive beside the two others that have most bits on time.

use golive_proto::units::Time;
use golive_tests::simulation::{LATENCY, Scenario};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Row;
use crate::table::rates;

type Failure = Box<dyn std::error::Error>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const SIZE: (u32, u32) = (860, 460);
const UPPER: u32 = 265;
/// The legend stands above all lines.
const HEADROOM: f64 = 1.5;
/// Dark enough and light enough to be told apart on white, by those who see fewer colours too
/// (Okabe and Ito's).
const COLOURS: [RGBColor; 3] = [RGBColor(0, 90, 181), RGBColor(213, 94, 0), RGBColor(0, 158, 115)];
const CAPACITY: RGBColor = RGBColor(196, 196, 196);
const INK: RGBColor = RGBColor(40, 40, 40);
/// Frames that take longer than this are drawn as if they took this long.
const OLDEST: f64 = 1_500.0;

/// The plot of a scenario as SVG, on white, whatever lies behind it.
pub(crate) fn draw(scenario: &Scenario, rows: &[Row]) -> Result<String, Failure> {
    let mut shown: Vec<&Row> = rows.iter().collect();
    if let Some(others) = shown.get_mut(1..) {
        others.sort_by_key(|row| std::cmp::Reverse(row.score.on_time_bits));
    }
    shown.truncate(COLOURS.len());
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (upper, lower) = root.split_vertically(UPPER);
        draw_rates(&upper, scenario, &shown)?;
        draw_delays(&lower, scenario, &shown)?;
        root.present()?;
    }
    Ok(text)
}

fn draw_rates(area: &Area<'_>, scenario: &Scenario, rows: &[&Row]) -> Result<(), Failure> {
    let seconds = scenario.length.as_secs();
    let time = |second: u64| Time::from_millis(second * 1_000);
    let capacity = |second| {
        scenario.trace().capacity(time(second), time(second + 1)).as_u64() as f64 * 8.0 / 1e6
    };
    let capacity: Vec<f64> = (0..seconds).map(capacity).collect();
    let arrived = |row: &Row| {
        let rates = rates(&row.received, Time::ZERO, time(seconds));
        rates.into_iter().map(|rate| rate / 1e6).collect::<Vec<_>>()
    };
    let arrived: Vec<Vec<f64>> = rows.iter().map(|row| arrived(row)).collect();
    let most = arrived.iter().flatten().copied().fold(1.0, f64::max);
    let highest = capacity.iter().copied().fold(0.0, f64::max).min(most * 1.5).max(most) * HEADROOM;
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{}: what arrives, Mb/s", scenario.name), text(17))
        .margin(8)
        .margin_right(28)
        .x_label_area_size(22)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..seconds as f64, 0.0..highest)?;
    mesh(&mut chart, &|rate| format!("{rate:.1}"))?;
    let steps = capacity.iter().enumerate().flat_map(|(second, rate)| {
        let rate = rate.min(highest);
        [(second as f64, rate), (second as f64 + 1.0, rate)]
    });
    chart
        .draw_series(AreaSeries::new(steps, 0.0, CAPACITY.mix(0.6)))?
        .label("the link")
        .legend(|(x, y)| Rectangle::new([(x, y - 4), (x + 18, y + 4)], CAPACITY.filled()));
    for ((row, arrived), colour) in rows.iter().zip(arrived).zip(COLOURS) {
        let points = arrived.into_iter().enumerate();
        let points = points.map(|(second, rate)| (second as f64 + 0.5, rate));
        chart
            .draw_series(LineSeries::new(points, stroke(colour)))?
            .label(&row.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], stroke(colour)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(CAPACITY)
        .label_font(text(13))
        .draw()?;
    Ok(())
}

fn draw_delays(area: &Area<'_>, scenario: &Scenario, rows: &[&Row]) -> Result<(), Failure> {
    let seconds = scenario.length.as_secs();
    let mut chart = ChartBuilder::on(area)
        .caption(
            "the slowest frame of each second, ms until it has arrived; dashed: too late",
            text(15),
        )
        .margin(8)
        .margin_right(28)
        .x_label_area_size(22)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..seconds as f64, 0.0..OLDEST)?;
    mesh(&mut chart, &|delay| format!("{delay:.0}"))?;
    let late = LATENCY.as_millis() as f64;
    let line = [(0.0, late), (seconds as f64, late)];
    chart.draw_series(DashedLineSeries::new(line, 6, 4, stroke(INK)))?;
    for (row, colour) in rows.iter().zip(COLOURS).rev() {
        for run in delays(row, seconds) {
            chart.draw_series(LineSeries::new(run, stroke(colour)))?;
        }
    }
    Ok(())
}

/// How long the slowest frame of each second took: a line for each run of seconds of which some
/// arrived.
fn delays(row: &Row, seconds: u64) -> Vec<Vec<(f64, f64)>> {
    let mut oldest: Vec<Option<f64>> = vec![None; seconds as usize];
    for (captured, age) in &row.delays {
        let age = age.as_millis() as f64;
        let second = captured.since(Time::ZERO).as_secs();
        if let Some(oldest) = oldest.get_mut(second as usize) {
            *oldest = Some(oldest.unwrap_or(0.0).max(age.min(OLDEST)));
        }
    }
    let points: Vec<Option<(f64, f64)>> = oldest
        .into_iter()
        .enumerate()
        .map(|(second, age)| age.map(|age| (second as f64 + 0.5, age)))
        .collect();
    let runs = points.split(|point| point.is_none());
    let runs = runs.map(|run| run.iter().copied().flatten().collect::<Vec<_>>());
    runs.filter(|run| !run.is_empty()).collect()
}

fn mesh<'a, 'b>(
    chart: &mut ChartContext<
        'a,
        SVGBackend<'b>,
        Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
    >,
    label: &dyn Fn(&f64) -> String,
) -> Result<(), Failure>
where
    'b: 'a,
{
    chart
        .configure_mesh()
        .disable_x_mesh()
        .max_light_lines(0)
        .bold_line_style(INK.mix(0.15))
        .axis_style(INK)
        .x_labels(13)
        .y_labels(6)
        .x_label_formatter(&|second| format!("{second:.0} s"))
        .y_label_formatter(label)
        .label_style(text(13))
        .draw()?;
    Ok(())
}

fn text(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

fn stroke(colour: RGBColor) -> ShapeStyle {
    colour.stroke_width(2)
}
