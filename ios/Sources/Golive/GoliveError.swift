// The one error that apps see, and how the generated layer's becomes it.

import Foundation
import GoliveFFI

/// What went wrong.
///
/// A cancelled task is not an error of this kind: what it was in throws `CancellationError`.
public struct GoliveError: Error, Equatable, Sendable {
    /// What a caller can do about it.
    public enum Kind: Sendable {
        /// Something that was asked for makes no sense: fix the configuration.
        case configuration
        /// The destination did not answer, or the network is away: try again later.
        case unreachable
        /// The destination refused: a wrong key or passphrase, or no room.
        case refused
        /// A camera or microphone is missing or in use: choose another, or free it.
        case deviceUnavailable
        /// The system forbids the device: ask the person for permission.
        case permissionDenied
        /// A file or codec could not be read, written or used.
        case media
        /// The broadcast is over, or was stopped before it was live.
        case ended
        /// The system refused a thread, a socket or memory: give up, and report it.
        case system
    }

    /// What can be done.
    public let kind: Kind
    /// A sentence for a person that holds no secret.
    public let message: String
    /// What the system or the ingest said.
    public let detail: String?

    /// Makes one, as an app's own tests may want to.
    public init(_ kind: Kind, _ message: String, detail: String? = nil) {
        self.kind = kind
        self.message = message
        self.detail = detail
    }
}

extension GoliveError: LocalizedError, CustomStringConvertible {
    public var errorDescription: String? { message }

    public var failureReason: String? { detail }

    public var description: String {
        detail.map { "\(message) (\($0))" } ?? message
    }
}

extension GoliveError {
    /// What the generated layer threw.
    package init(_ error: any Error) {
        switch error {
        case let error as GoliveError: self = error
        case let failure as GoliveFailure: self.init(failure)
        // What is left is a fault of the library's own.
        default: self.init(.system, "the broadcast failed: report this", detail: "\(error)")
        }
    }

    private init(_ failure: GoliveFailure) {
        switch failure {
        case let .Configuration(reason, detail): self.init(.configuration, reason, detail: detail)
        case let .Unreachable(reason, detail): self.init(.unreachable, reason, detail: detail)
        case let .Refused(reason, detail): self.init(.refused, reason, detail: detail)
        case let .DeviceUnavailable(reason, detail):
            self.init(.deviceUnavailable, reason, detail: detail)
        case let .PermissionDenied(reason, detail):
            self.init(.permissionDenied, reason, detail: detail)
        case let .Media(reason, detail): self.init(.media, reason, detail: detail)
        case let .Ended(reason, detail): self.init(.ended, reason, detail: detail)
        case let .System(reason, detail): self.init(.system, reason, detail: detail)
        }
    }
}

/// Runs `call`, and turns what it throws into the error that apps know.
package func translating<Value>(_ call: () throws -> Value) throws(GoliveError) -> Value {
    do {
        return try call()
    } catch {
        throw GoliveError(error)
    }
}
