//! What the guest is told: its script, its sound configuration, and which modules to load how.

use super::modules::Module;

/// Does everything that happens in the guest.
pub(super) const SCRIPT: &str = include_str!("guest.sh");

/// A loopback card has two ends: what is played into the first is captured from the second, which
/// is made the microphone.
pub(super) const SOUND: &str = "\
pcm.!default {
    type asym
    playback.pcm \"plughw:0,0\"
    capture.pcm \"plughw:0,1\"
}
ctl.!default {
    type hw
    card 0
}
";

/// What the guest needs of the kernel: its disk, the virtual camera, the loopback sound card.
pub(super) const MODULES: &[&str] = &["virtio_pci", "virtio_blk", "vivid", "snd_aloop"];

/// One line a module: its name and its parameters.
pub(super) fn load_order(modules: &[Module]) -> String {
    let line = |module: &Module| format!("{} {}\n", module.name, parameters(&module.name));
    modules.iter().map(line).collect()
}

fn parameters(module: &str) -> &'static str {
    match module {
        // One device, which only captures, with one input, which is a webcam
        // (Documentation/admin-guide/media/vivid.rst).
        "vivid" => "n_devs=1 node_types=0x1 num_inputs=1 input_types=0",
        "snd_aloop" => "index=0",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_module_is_one_line_in_order() {
        let module = |name: &str| Module { name: name.to_owned(), bytes: Vec::new() };
        let text = load_order(&[module("videodev"), module("vivid")]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "videodev ");
        assert!(lines[1].starts_with("vivid n_devs=1 "));
    }
}
