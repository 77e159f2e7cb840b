package dev.golive.codec

/** How pictures are encoded. */
public enum class VideoCodec {
    /** ITU-T H.264, which every ingest takes. */
    H264,

    /** ITU-T H.265, for which an ingest has to be made. */
    H265,
}
