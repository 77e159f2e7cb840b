// A broadcast as the rest of an app sees it. (placeholder until kit is merged)

import GoliveFFI

public protocol LiveBroadcast: Sendable {
    var health: Health { get }
    var healthUpdates: HealthUpdates { get }
    var events: Events { get }
    func start() async throws
    @discardableResult
    func stop() async throws(GoliveError) -> Summary
    func cancel()
    func set(_ change: Change) throws(GoliveError)
}

extension Broadcast: LiveBroadcast {}
