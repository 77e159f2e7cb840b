#!/bin/busybox sh
# The lab's guest: goes on air from its virtual camera and sound card, to an ingest beside it,
# pulls the camera out and puts it back. The host judges what is left in /results.

/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
export PATH=/bin HOME=/tmp RUST_BACKTRACE=1

# Every line for the host begins with LAB and the time since the start.
say() { echo "LAB $(cut -d ' ' -f 1 /proc/uptime) $*" | tee -a /results/marks; }
end() { say "$*"; tar -c -f /dev/vda -C /results . ; sync; poweroff -f; }

say booted
while read -r module parameters; do
    # What the module is told is several words.
    # shellcheck disable=SC2086
    insmod "/modules/$module.ko" $parameters || end "failed: module $module does not load"
done < /modules/order
ip link set lo up
[ -c /dev/video0 ] || end "failed: the virtual camera has no /dev/video0"
[ -c /dev/snd/pcmC0D0p ] || end "failed: the virtual sound card has no /dev/snd/pcmC0D0p"
cp /proc/asound/cards /results/sound-cards
cat /sys/class/video4linux/*/name > /results/cameras
say devices

# The camera's picture stands still unless it is told to move; told again after each plugging in.
move() {
    v4l2-ctl --device /dev/video0 --set-ctrl horizontal_movement=5 > /results/v4l2.log 2>&1 \
        || say "failed: the camera's picture does not move"
}
move

# A second of the tone, again and again without a gap, into one end of the loopback. The player
# must not run dry while this slow machine encodes: the tone's holes would be taken for golive's.
while :; do cat /tone.raw; done | aplay -t raw -f S16_LE -r 48000 -c 2 -D hw:0,0 \
    --buffer-time=1000000 2> /results/aplay.log &

golive devices --json > /results/devices.json 2> /results/devices.log \
    || say "failed: golive devices ended with $?"
say "listed what golive sees"

mkdir -p /results/recording
golive ingest --srt 127.0.0.1:9000 --http 127.0.0.1:8080 --record /results/recording \
    > /results/ingest.log 2>&1 &
ingest=$!
sleep 2

golive to "srt://127.0.0.1:9000?streamid=lab" --video camera --audio mic --size 320x180 --fps 10 \
    --video-bitrate 300k --keyframe-interval 2s --duration 45s --json \
    > /results/to.json 2> /results/to.log &
broadcast=$!
say "on air"
sleep 10
top -b -n 1 > /results/load
sleep 5
echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind
[ -e /dev/video0 ] && say "failed: the camera is still there"
say unplugged
sleep 10
echo vivid.0 > /sys/bus/platform/drivers/vivid/bind
sleep 1
move
say "put back"
wait $broadcast
say "the broadcast ended with $?"
sleep 2
kill -INT $ingest
wait $ingest
say "the ingest ended with $?"
end done
