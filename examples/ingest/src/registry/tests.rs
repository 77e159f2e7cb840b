use golive_proto::units::ByteCount;

use super::*;

fn registry(key: Option<&str>) -> Arc<Registry> {
    Arc::new(Registry::new(key.and_then(StreamKey::new), None, Events::default()))
}

fn publish(registry: &Arc<Registry>, stream_id: &str) -> Result<Publisher, Refusal> {
    registry.admit(stream_id, None)?.begin()
}

fn events(registry: &Registry) -> Vec<Event> {
    std::iter::from_fn(|| registry.events.recv_timeout(Duration::ZERO)).collect()
}

#[test]
fn a_broadcast_is_live_until_its_broadcaster_leaves() {
    let registry = registry(None);
    let publisher = publish(&registry, "").unwrap();
    let live = registry.find("live").unwrap();
    assert!(live.is_live().0);
    publisher.push_ts(&[0x47; 188]).unwrap();
    publisher.end("it hung up");
    assert!(!live.is_live().0);
    let events = events(&registry);
    let [Event::BroadcastStarted { replaced: false, .. }, stopped] = &events[..] else {
        panic!("{events:?}")
    };
    let Event::BroadcastStopped { received, cause, .. } = stopped else { panic!("{stopped:?}") };
    assert_eq!((*received, cause.as_str()), (ByteCount::new(188), "it hung up"));
}

#[test]
fn a_second_connection_takes_over_from_one_that_still_stands() {
    let registry = registry(Some("sesame"));
    let old = publish(&registry, "sesame").unwrap();
    let new = publish(&registry, "#!::r=sesame,m=publish").unwrap();
    assert_eq!(old.push_ts(&[0x47; 188]), Err(Replaced));
    assert_eq!(new.push_ts(&[0x47; 188]), Ok(()));
    drop(old);
    assert!(registry.find("live").unwrap().is_live().0, "the old one's end changes nothing");
    let replaced = |event: &Event| matches!(event, Event::BroadcastStarted { replaced: true, .. });
    assert_eq!(events(&registry).iter().filter(|event| replaced(event)).count(), 1);
}

#[test]
fn a_wrong_key_is_refused_and_reported_without_telling_it() {
    let registry = registry(Some("sesame"));
    assert_eq!(publish(&registry, "guess").err(), Some(Refusal::Unauthorized));
    let events = events(&registry);
    assert!(matches!(events[..], [Event::Rejected { refusal: Refusal::Unauthorized, .. }]));
    assert!(!format!("{events:?} {}", events[0]).contains("guess"));
}

#[test]
fn there_are_only_so_many_broadcasts() {
    let registry = registry(None);
    let publish = |number: usize| publish(&registry, &number.to_string());
    let mut live: Vec<Publisher> = (0..MAX_BROADCASTS).map(|it| publish(it).unwrap()).collect();
    assert_eq!(publish(1_000).err(), Some(Refusal::Overloaded));
    assert!(publish(0).is_ok(), "one that is known may come again");
    live.pop();
    assert!(publish(1_000).is_ok(), "one that ended makes room");
}

#[test]
fn the_list_names_no_key() {
    let registry = registry(Some("sesame"));
    registry.set_srt_address("127.0.0.1:9710".parse().unwrap());
    let _publisher = publish(&registry, "#!::u=sesame,r=stage").unwrap();
    let list: serde_json::Value = serde_json::from_str(&registry.list_as_json()).unwrap();
    assert_eq!(list["srt"]["port"], 9_710);
    assert_eq!(list["key"], true);
    assert_eq!(list["broadcasts"][0]["live"], true);
    assert!(!list.to_string().contains("sesame"));
}
