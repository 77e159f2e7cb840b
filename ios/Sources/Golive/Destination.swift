// Where a broadcast goes, in one expression.

import GoliveFFI

extension Destination {
    /// Reads an SRT URL, as `srt://ingest.example:9000?streamid=live_4711&latency=250`.
    ///
    /// - Parameters:
    ///   - url: the ingest's address.
    ///   - streamId: the stream id, which often is the stream key; at most 512 bytes. It replaces
    ///     the URL's.
    ///   - passphrase: what encrypts the stream, 10 to 79 bytes. It replaces the URL's.
    /// - Throws: ``GoliveError`` of the kind `configuration`, saying what is wrong with it.
    public convenience init(
        _ url: String, streamId: Secret? = nil, passphrase: Secret? = nil
    ) throws(GoliveError) {
        let parsed = try translating {
            let parsed = try Destination.parse(url: url)
            if let streamId {
                try parsed.setStreamId(streamId: streamId)
            }
            if let passphrase {
                try parsed.setPassphrase(passphrase: passphrase)
            }
            return parsed
        }
        self.init(unsafeFromHandle: parsed.uniffiCloneHandle())
    }
}

extension Secret {
    /// Takes a stream key or passphrase. It prints as dots, and is wiped from memory when it is
    /// released.
    public convenience init(_ secret: String) {
        self.init(secret: secret)
    }
}
