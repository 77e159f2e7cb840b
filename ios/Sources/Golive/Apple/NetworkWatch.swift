// The phone's interfaces, whenever they change: which there are and are usable by `NWPathMonitor`, their
// addresses by `InterfaceAddresses`. It was never run, as Linux has none of it.

#if os(iOS)
    import Foundation
    import Network

    enum NetworkWatch {
        /// The interfaces, now and whenever they change.
        static func interfaces() -> AsyncStream<[NetworkInterface]> {
            AsyncStream { continuation in
                let watch = Watch()
                watch.monitor.pathUpdateHandler = { path in
                    continuation.yield(interfaces(path))
                }
                continuation.onTermination = { _ in watch.monitor.cancel() }
                watch.monitor.start(queue: DispatchQueue(label: "golive.networks"))
            }
        }

        /// What may be cancelled on any thread, which not every SDK says of a monitor.
        private final class Watch: @unchecked Sendable {
            let monitor = NWPathMonitor()
        }

        private static func interfaces(_ path: NWPath) -> [NetworkInterface] {
            let addresses = InterfaceAddresses.all()
            let isUp = path.status == .satisfied
            let usable = path.availableInterfaces.map { interface in
                NetworkInterface(
                    name: interface.name, index: UInt32(exactly: interface.index),
                    kind: .init(interface.type), addresses: addresses[interface.name] ?? [],
                    isUsable: isUp)
            }
            // What has an address still, and is not used any more.
            let names = Set(usable.map(\.name))
            let leaving = addresses.filter { name, _ in
                !names.contains(name) && (name.hasPrefix("en") || name.hasPrefix("pdp_ip"))
            }
            return usable
                + leaving.map { name, addresses in
                    NetworkInterface(
                        name: name, kind: name.hasPrefix("pdp_ip") ? .cellular : .wifi,
                        addresses: addresses, isUsable: false)
                }
        }
    }

    extension NetworkInterface.Kind {
        init(_ type: NWInterface.InterfaceType) {
            switch type {
            case .wifi: self = .wifi
            case .cellular: self = .cellular
            case .wiredEthernet: self = .wired
            default: self = .other
            }
        }
    }
#endif
