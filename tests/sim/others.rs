use golive_proto::units::Time;
use golive_tests::simulation::{Rival, Scenario, Score};

#[test]
fn explore() {
    let mut scenarios = vec![
        Scenario::steady(1.0),
        Scenario::steady(3.0),
        Scenario::steady(8.0),
        Scenario::steps(),
        Scenario::loss(),
        Scenario::deep_queue(),
    ];
    if let Ok(name) = std::env::var("ONLY") {
        scenarios.retain(|s| s.name == name);
    }
    for scenario in scenarios {
        for rival in Rival::ALL {
            if let Ok(name) = std::env::var("RIVAL") {
                if rival.name() != name {
                    continue;
                }
            }
            let begin = std::time::Instant::now();
            let simulation = scenario.run(Some(*rival));
            let (from, until) = scenario.span();
            let used = Score::used(simulation.received(), scenario.trace(), from, until);
            let delays = scenario.delays(&simulation);
            let score = scenario.judge(simulation.received());
            let at = |p: usize| delays.get(delays.len() * p / 100).map_or(0, |d| d.as_millis());
            println!(
                "{} {}: used {:.1} % late {} delay {} {} {} ms, {:?}",
                scenario.name,
                rival.name(),
                used * 100.0,
                score.late_slots,
                at(50),
                at(95),
                at(99),
                begin.elapsed()
            );
            let mut line = String::new();
            for second in 0..scenario.length.as_secs() {
                let t = Time::from_millis(second * 1000);
                let target = simulation.targets().iter().rev().find(|(at, _)| *at <= t).unwrap().1;
                line.push_str(&format!("{:.1} ", target.as_bits_per_second() as f64 / 1e6));
            }
            println!("   {line}");
        }
    }
}
