//! What arrives on the links: srtla's own packets, and what of SRT's says how links are doing.

use super::*;

impl Sender {
    pub(super) fn receive_own(&mut self, now: Time, index: usize, packet: Packet<'_>) {
        let Some(link) = self.links.get_mut(index) else { return };
        match packet {
            Packet::KeepAlive(stamp) => {
                if link.keep_alive_answered(now, stamp) {
                    self.speaks_again(now, index);
                }
            }
            Packet::Acknowledgement(numbers) => self.acknowledged_by_link(now, index, numbers),
            Packet::RegisterLink(id) => self.group.made(now, id, &mut self.links),
            Packet::Registered => {
                let joining = link.state == LinkState::Joining;
                if joining {
                    link.enter(now, LinkState::Live);
                    self.outputs.push_back(Output::Event(Event::Joined { link: link.id }));
                }
            }
            Packet::Failed => self.group.failed(now, link),
            Packet::NoGroup => self.group_forgotten(now, index),
            Packet::Refused if !self.refused && !self.has_joined() => {
                self.refused = true;
                self.outputs.push_back(Output::Event(Event::Refused));
            }
            Packet::Refused | Packet::RegisterGroup(_) => {}
        }
    }

    fn speaks_again(&mut self, now: Time, index: usize) {
        let Some(link) = self.links.get_mut(index) else { return };
        if link.state == LinkState::Silent {
            link.enter(now, LinkState::Live);
            self.outputs.push_back(Output::Event(Event::Returned { link: link.id }));
        }
    }

    /// The receiver was started anew, or has dropped the group. As long as another link answers,
    /// it is a late answer to an early request, or of a receiver that is on its way out.
    fn group_forgotten(&mut self, now: Time, index: usize) {
        let others = self.links.iter().enumerate();
        let live = |(other, link): (usize, &Link)| other != index && link.state == LinkState::Live;
        if others.into_iter().any(live) {
            return;
        }
        let Some(link) = self.links.get_mut(index) else { return };
        if matches!(link.state, LinkState::Joining | LinkState::Silent) {
            self.group.forgotten(now, &mut self.dice);
            for link in &mut self.links {
                if link.state == LinkState::Silent {
                    link.enter(now, LinkState::Joining);
                }
            }
        }
    }

    fn acknowledged_by_link(
        &mut self,
        now: Time,
        index: usize,
        numbers: impl Iterator<Item = SequenceNumber>,
    ) {
        let Some(link) = self.links.get_mut(index) else { return };
        let mut newest = None;
        for number in numbers.take(wire::PER_ACKNOWLEDGEMENT * MAX_LINKS) {
            newest = None;
            let Some(entry) = self.journal.get_mut(number) else { continue };
            if entry.link != link.id || entry.arrived {
                continue;
            }
            entry.arrived = true;
            newest = Some(entry.probe);
            link.delivered_until = link.delivered_until.max(entry.probe.sent);
            link.delivered();
        }
        // The last one is what the acknowledgement was sent for.
        if let Some(probe) = newest {
            link.answered(now, &probe);
        }
    }

    pub(super) fn receive_control(
        &mut self,
        now: Time,
        datagram: &[u8],
        packet: &ControlPacket<'_>,
        buffer: &mut [u8],
    ) -> Received {
        self.reports.note_connection(packet.header.destination);
        match packet.header.kind {
            ControlKind::Acknowledgement => {
                let Some(acknowledgement) = Acknowledgement::parse(packet.body) else {
                    return Received::Ours;
                };
                self.acknowledged(now, acknowledgement.next);
                // Every link brings the same ones.
                let number = packet.header.information;
                let newest = self.acknowledgement;
                let is_old = newest.is_some_and(|it| number.wrapping_sub(it) as i32 <= 0);
                if number != 0 && is_old {
                    return Received::Ours;
                }
                if number != 0 {
                    self.acknowledgement = Some(number);
                }
                Received::Srt
            }
            ControlKind::LossReport => self.filter_report(now, datagram, packet, buffer),
            _ => Received::Srt,
        }
    }

    /// SRT's receiver has, or has skipped, everything before `next`.
    fn acknowledged(&mut self, now: Time, next: SequenceNumber) {
        let (first, count) = self.journal.span();
        if next.distance_from(first) > i32::try_from(count).unwrap_or(i32::MAX) {
            return;
        }
        // The oldest was what the acknowledgement waited for; the others may have waited for it.
        let mut oldest = true;
        while let Some(entry) = self.journal.pop_before(next) {
            let awaited = std::mem::take(&mut oldest);
            let Some(entry) = entry else { continue };
            let Some(link) = self.links.iter_mut().find(|link| link.id == entry.link) else {
                continue;
            };
            if !entry.arrived {
                link.delivered();
            }
            if awaited && !entry.again {
                link.path.acknowledged(now, &entry.probe);
            }
        }
    }

    fn filter_report(
        &mut self,
        now: Time,
        datagram: &[u8],
        packet: &ControlPacket<'_>,
        buffer: &mut [u8],
    ) -> Received {
        let links = &self.links;
        let expected = |entry: &Entry| {
            let link = links.iter().find(|link| link.id == entry.link)?;
            let answers = matches!(link.state, LinkState::Live | LinkState::Leaving);
            let at = link.path.expected(&entry.probe);
            (answers && !entry.missing && at > now).then_some(at)
        };
        let mut lost = Vec::new();
        let journal = &mut self.journal;
        let received = self.reports.filter(datagram, packet, journal, expected, &mut lost, buffer);
        self.count_lost(&lost);
        received
    }

    pub(super) fn count_lost(&mut self, lost: &[LinkId]) {
        for link in lost {
            if let Some(link) = self.link_mut(*link) {
                link.lost();
            }
        }
    }
}
