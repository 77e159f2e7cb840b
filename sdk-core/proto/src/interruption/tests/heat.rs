//! Stories of phones that get hot, or save their battery.

use super::phone::Phone;
use crate::interruption::Input::{Began, Ended, Thermal};
use crate::interruption::*;

#[test]
fn a_hot_phone_is_asked_for_less_and_for_more_only_when_it_has_cooled() {
    let mut phone = Phone::new(Config::android());
    phone.says(600.0, Thermal(ThermalLevel::Fair)).says(700.0, Thermal(ThermalLevel::Serious));
    // At the boundary, and then down in one step.
    for second in 0..20 {
        let level = if second % 2 == 0 { ThermalLevel::Fair } else { ThermalLevel::Serious };
        phone.says(720.0 + 10.0 * f64::from(second), Thermal(level));
    }
    phone.says(930.0, Thermal(ThermalLevel::Nominal)).until(2_000.0);
    assert_eq!(
        phone.story(),
        [
            "600.0 Limit: the encoder makes at most 30 pictures a second",
            "600.0 the heat rose from nominal to fair: the encoder makes at most 30 pictures a \
             second",
            "700.0 Limit: the encoder makes at most 60 % of the bitrate, 30 pictures a second, \
             pictures of 960x540",
            "700.0 the heat rose from fair to serious: the encoder makes at most 60 % of the \
             bitrate, 30 pictures a second, pictures of 960x540",
            "990.0 Limit: the encoder has no limit",
            "990.0 the heat fell from serious to nominal: the encoder has no limit",
        ]
    );
}

#[test]
fn at_the_highest_level_the_camera_goes_after_a_minute_and_returns_when_it_is_cooler() {
    let mut phone = Phone::new(Config::android());
    phone.says(10.0, Thermal(ThermalLevel::Critical)).until(69.9);
    assert!(phone.shows(Picture::Camera, Sound::Microphone));
    phone.until(70.0);
    assert!(phone.shows(Picture::Nothing, Sound::Microphone));
    phone.story();
    phone.says(100.0, Thermal(ThermalLevel::Fair)).until(400.0);
    assert_eq!(
        phone.story(),
        [
            "160.0 Picture Camera",
            "160.0 Keyframe",
            "160.0 Limit: the encoder makes at most 30 pictures a second",
            "160.0 the heat fell from critical to fair: the encoder makes at most 30 pictures a \
             second, camera and microphone are on air",
            "160.0 camera and microphone are on air again, after 90.0 s",
        ]
    );
}

#[test]
fn a_phone_that_cools_step_by_step_is_asked_for_more_step_by_step() {
    let heat = HeatPolicy { at_critical: Policy::CARRY_ON, ..Config::android().heat };
    let mut phone = Phone::new(Config { heat, ..Config::android() });
    phone.says(0.0, Thermal(ThermalLevel::Critical)).says(10.0, Thermal(ThermalLevel::Serious));
    phone.says(40.0, Thermal(ThermalLevel::Fair)).says(50.0, Thermal(ThermalLevel::Nominal));
    let mut fell = Vec::new();
    for second in 50..200 {
        phone.until(f64::from(second));
        fell.push(phone.machine.state().heat);
    }
    fell.dedup();
    use ThermalLevel::{Critical, Fair, Nominal, Serious};
    assert_eq!(fell, [Critical, Serious, Fair, Nominal]);
    let told: Vec<_> = phone.outputs.iter().map(|(at, _)| at.as_micros() / 1_000_000).collect();
    assert_eq!(told, [0, 0, 70, 70, 100, 100, 110, 110]);
}

#[test]
fn heat_and_low_power_together_leave_what_both_allow() {
    let mut phone = Phone::new(Config::android());
    phone.says(1.0, Thermal(ThermalLevel::Fair)).says(2.0, Began(Cause::LowPower));
    assert_eq!(phone.limit.map(|limit| limit.bitrate_percent), Some(75));
    phone.says(3.0, Thermal(ThermalLevel::Serious));
    assert_eq!(phone.limit, Some(Config::android().heat.serious));
    phone.says(4.0, Thermal(ThermalLevel::Nominal)).until(100.0);
    assert_eq!(phone.limit, Some(Config::android().low_power));
    phone.says(100.0, Ended(Cause::LowPower)).until(200.0);
    assert_eq!(phone.limit, None);
    assert_eq!(phone.scene, Scene::LIVE);
}
