// Which networks a broadcast uses at once, from what the phone says about its interfaces: values in,
// changes out. Who watches the interfaces is `Apple/NetworkWatch`; how media is spread over them is
// docs/bonding.md.

import GoliveFFI

/// A network interface of the phone's, at one moment.
public struct NetworkInterface: Sendable, Equatable {
    /// What is behind it.
    public enum Kind: Sendable {
        case wifi, cellular, wired, other
    }

    /// As the system calls it: `en0`, `pdp_ip0`.
    public let name: String
    /// The system's number for it (`if_nametoindex`), by which iOS routes.
    public let index: UInt32?
    /// What is behind it.
    public let kind: Kind
    /// The addresses that the phone has on it, in the system's order.
    public let addresses: [String]
    /// Whether the system would use it now: a wireless network that the phone is walking out of
    /// keeps its address for a while.
    public let isUsable: Bool
    /// Whether its data costs money, as the system believes.
    public let isExpensive: Bool

    public init(
        name: String, index: UInt32? = nil, kind: Kind, addresses: [String],
        isUsable: Bool = true, isExpensive: Bool? = nil
    ) {
        (self.name, self.index, self.kind, self.addresses) = (name, index, kind, addresses)
        self.isUsable = isUsable
        self.isExpensive = isExpensive ?? (kind == .cellular)
    }
}

/// Which networks a broadcast uses.
public enum NetworkChoice: Sendable, Equatable {
    /// The one that the system chooses. Every ingest takes that.
    case system
    /// All that there are, at once: the ingest has to understand srtla. Those that cost money carry
    /// media where the others do not suffice, and nothing once each has taken so many bytes.
    case all(budgetBytes: UInt64)
}

/// Keeps the networks of a broadcast in step with the phone's interfaces.
public struct NetworkPlan: Sendable {
    private let choice: NetworkChoice
    private var used: [String: Use] = [:]

    private struct Use {
        let network: Network
        var isLeaving: Bool
    }

    /// Nothing is known about the phone's interfaces yet.
    public init(_ choice: NetworkChoice) {
        self.choice = choice
    }

    /// What a broadcast is given before it begins; nothing where the system chooses.
    public var networks: [Network] {
        used.values.filter { !$0.isLeaving }.map(\.network).sorted { $0.address < $1.address }
    }

    /// What changes, now that the phone has these interfaces: what is gone first.
    public mutating func update(_ interfaces: [NetworkInterface]) -> [Change] {
        guard case let .all(budgetBytes) = choice else { return [] }
        var present: [String: NetworkInterface] = [:]
        for interface in interfaces {
            if let address = interface.address {
                present[address] = interface
            }
        }
        var changes: [Change] = []
        for address in used.keys.sorted() where present[address] == nil {
            used[address] = nil
            changes.append(.networkRemoved(address: address))
        }
        for (address, interface) in present.sorted(by: { $0.key < $1.key }) {
            let budget = interface.isExpensive ? budgetBytes : nil
            let network = Network(
                address: address, budgetBytes: budget, interfaceIndex: interface.index)
            changes += update(network, isUsable: interface.isUsable)
        }
        return changes
    }

    private mutating func update(_ network: Network, isUsable: Bool) -> [Change] {
        let address = network.address
        guard let use = used[address] else {
            guard isUsable else { return [] }
            used[address] = Use(network: network, isLeaving: false)
            return [.networkAdded(network: network)]
        }
        guard use.isLeaving == isUsable else { return [] }
        used[address]?.isLeaving = !isUsable
        // What was announced as leaving is closed by and by; it comes back as a new one.
        return isUsable
            ? [.networkRemoved(address: address), .networkAdded(network: use.network)]
            : [.networkLeaving(address: address)]
    }
}

extension NetworkInterface {
    /// The address that a broadcast uses there: the first of IPv4, else the first of IPv6, and none
    /// that leads no further than the next router.
    var address: String? {
        let usable = addresses.filter { address in
            let text = address.lowercased()
            let isLocal = ["127.", "169.254.", "fe8", "fe9", "fea", "feb"].contains {
                text.hasPrefix($0)
            }
            return !isLocal && text != "::1" && !text.contains("%")
        }
        return usable.first { !$0.contains(":") } ?? usable.first
    }
}
