//! What the session asks of the encoder, and what it makes of what comes out.

use super::event::{Event, TargetReason};
use super::{Output, Phase, Session};
use crate::media::{AccessUnit, Track};
use crate::rate::{EncoderFault, Remedy};
use crate::units::Time;

impl Session {
    /// Tells the encoder and the owner of another target.
    pub(super) fn announce_target(&mut self, now: Time, reason: TargetReason) {
        let target = self.steering.target();
        if let Some(watch) = &mut self.watch {
            watch.want(now, target);
        }
        self.outgoing.spare(self.steering.is_scarce(), self.steering.gathering());
        self.tell_encoder();
        self.tell(Event::TargetChanged { target, reason });
    }

    /// Tells the encoder what to do: what is wanted of it, or what makes it do that.
    pub(super) fn tell_encoder(&mut self) {
        let wanted = self.steering.target();
        let target = self.watch.as_ref().map_or(wanted, |watch| watch.told());
        self.outputs.push_back(Output::Target(target));
    }

    pub(super) fn want_keyframe(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.keyframe_asked();
        }
        self.outputs.push_back(Output::Keyframe);
    }

    pub(super) fn note_produced(&mut self, now: Time, unit: &AccessUnit) {
        if let Some(watch) = self.watch.as_mut().filter(|_| unit.track == Track::Video) {
            watch.produced(now, unit);
        }
    }

    /// Looks whether the encoder does what it is told, and sees to it.
    pub(super) fn hold_to_word(&mut self, now: Time) {
        let Some(watch) = self.watch.as_mut().filter(|_| self.phase == Phase::Running) else {
            return;
        };
        let Some(finding) = watch.check(now) else { return };
        if finding.worth_telling {
            self.tell(Event::Encoder { fault: finding.fault, remedy: finding.remedy });
        }
        match finding.remedy {
            Remedy::ToldLess(_) | Remedy::AskedAgain => self.tell_encoder(),
            Remedy::KeyframeRequested => self.want_keyframe(),
            Remedy::Restarted => {
                self.outputs.push_back(Output::RestartEncoder);
                self.tell_encoder();
            }
            Remedy::Accepted => self.accept(now, finding.fault),
        }
    }

    /// What an encoder cannot change is not asked of it again.
    fn accept(&mut self, now: Time, fault: EncoderFault) {
        let changed = self.steering.allow(|allowed| match fault {
            EncoderFault::IgnoresSize { .. } => allowed.size = false,
            EncoderFault::IgnoresFrameRate { .. } => allowed.frame_rate = false,
            _ => {}
        });
        if changed {
            self.announce_target(now, TargetReason::Unchangeable);
        }
    }
}
