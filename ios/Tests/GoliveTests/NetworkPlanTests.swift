// Which networks a broadcast is told of while the phone is carried around.

import Testing

@testable import Golive

@Suite struct NetworkPlanTests {
    private let wifi = NetworkInterface(
        name: "en0", kind: .wifi, addresses: ["fe80::1%en0", "192.168.1.20", "2001:db8::20"])
    private let cellular = NetworkInterface(
        name: "pdp_ip0", index: 4, kind: .cellular, addresses: ["10.7.0.4"])
    private let metered = Network(
        address: "10.7.0.4", budgetBytes: 500_000_000, interfaceIndex: 4)
    private let free = Network(address: "192.168.1.20")
    private var plan = NetworkPlan(.all(budgetBytes: 500_000_000))

    @Test("who walks out of the wireless network goes on by cellular, within its budget")
    mutating func walk() {
        _ = plan.update([wifi, cellular])
        #expect(plan.networks == [metered, free])
        let weak = NetworkInterface(
            name: "en0", kind: .wifi, addresses: wifi.addresses, isUsable: false)
        let leaving = plan.update([weak, cellular])
        #expect(leaving == [.networkLeaving(address: "192.168.1.20")])
        #expect(plan.update([weak, cellular]) == [], "it was told already")
        let gone = plan.update([cellular])
        #expect(gone == [.networkRemoved(address: "192.168.1.20")])
        let back = plan.update([wifi, cellular])
        #expect(back == [.networkAdded(network: free)])
    }

    @Test("a network that was leaving and stays after all begins anew")
    mutating func stays() {
        _ = plan.update([wifi])
        let weak = NetworkInterface(
            name: "en0", kind: .wifi, addresses: wifi.addresses, isUsable: false)
        _ = plan.update([weak])
        let stays = plan.update([wifi])
        #expect(
            stays == [
                .networkRemoved(address: "192.168.1.20"), .networkAdded(network: free),
            ])
    }

    @Test("another address on the same interface is another network")
    mutating func moved() {
        _ = plan.update([wifi])
        let moved = NetworkInterface(name: "en0", kind: .wifi, addresses: ["192.168.9.9"])
        let changes = plan.update([moved])
        #expect(
            changes == [
                .networkRemoved(address: "192.168.1.20"),
                .networkAdded(network: Network(address: "192.168.9.9")),
            ])
    }

    @Test("an address that leads nowhere is no network")
    mutating func nowhere() {
        let local = ["fe80::1", "169.254.3.4", "127.0.0.1", "::1", "fe80::2%en0"]
        #expect(plan.update([NetworkInterface(name: "en0", kind: .wifi, addresses: local)]) == [])
        let six = NetworkInterface(name: "en0", kind: .wifi, addresses: local + ["2001:db8::20"])
        let changes = plan.update([six])
        #expect(changes == [.networkAdded(network: Network(address: "2001:db8::20"))])
    }

    @Test("where the system chooses nothing is told")
    func system() {
        var plan = NetworkPlan(.system)
        #expect(plan.update([wifi, cellular]) == [])
        #expect(plan.networks == [])
    }
}

@Suite struct InterfaceAddressesTests {
    @Test("this machine has an interface that leads to itself")
    func itself() {
        let addresses = InterfaceAddresses.all().values.joined()
        #expect(addresses.contains("127.0.0.1"), "\(Array(addresses))")
    }
}
