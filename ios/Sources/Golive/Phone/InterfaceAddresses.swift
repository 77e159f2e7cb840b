// The addresses of this machine's interfaces, which no framework of Apple's tells: by `getifaddrs`, and
// so tested on Linux, too. What is unsafe in it stays here: pointers into a list that is freed at the
// end.

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum InterfaceAddresses {
    /// The addresses by the interface's name, in the system's order; empty if the system refuses.
    static func all() -> [String: [String]] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [:] }
        defer { freeifaddrs(list) }
        var addresses: [String: [String]] = [:]
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ifa_addr, let text = text(address) {
                addresses[String(cString: entry.ifa_name), default: []].append(text)
            }
            next = entry.ifa_next
        }
        return addresses
    }

    /// An address of IPv4 or IPv6 as people write it.
    private static func text(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
        let length: Int
        switch Int32(address.pointee.sa_family) {
        case AF_INET: length = MemoryLayout<sockaddr_in>.size
        case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failed = getnameinfo(
            address, socklen_t(length), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
        guard failed == 0 else { return nil }
        let bytes = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
