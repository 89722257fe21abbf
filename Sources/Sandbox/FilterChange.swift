import CSandbox
import Glibc

/// One change of a table of the kernel's packet filter. Addresses and ports are in network order, each part of a key filled up to four
/// bytes; names are those of the table.
package enum FilterChange: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case none
        case value([UInt8])
        /// Where what matches goes.
        case chain(String)
    }

    package enum Action: String, Sendable { case add, flush, delete }

    case element(adds: Bool, set: String, key: [UInt8], Content)
    case chain(Action, String)
    /// The rule `meta mark set numgen inc mod COUNT offset OFFSET goto NEXT`.
    case turn(chain: String, count: Int, offset: Int, next: String)
    /// The rule `meta l4proto TRANSPORT dnat to ADDRESS:PORT`.
    case target(chain: String, transport: Int32, address: [UInt8], port: [UInt8])
}

extension ClusterNetwork {
    /// Bytes that one transaction may have; few where that can't be found out.
    package var filterRoom: Int {
        guard isOwn, let fd = try? socket(domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: Self.netfilter) else {
            return 64 << 10
        }
        defer { close(fd) }
        return swkube_filter_room(fd)
    }

    /// Carries out changes of a table in as many transactions as they need; by default in one. Each is done as a whole or not at all.
    /// Blocks for about a millisecond, and for some hundred with ten thousand changes.
    ///
    /// Throws ``SandboxError`` with E2BIG for what does not fit into one, and with the kernel's errno: ENOENT for what is not there, EBUSY for
    /// what is still used.
    package func change(
        table: String, ofIPv6: Bool = false, _ changes: [FilterChange], inParts: Bool = false
    ) throws(SandboxError) {
        let fd: Int32 = try socket(domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: Self.netfilter)
        defer { close(fd) }
        let room: Int = swkube_filter_room(fd)
        var rest: ArraySlice<FilterChange> = changes[...]
        while !rest.isEmpty {
            guard let batch = swkube_filter_new(ofIPv6 ? AF_INET6 : AF_INET, table) else {
                throw SandboxError.system(call: "filter", errno: ENOMEM, path: table)
            }
            defer { swkube_filter_free(batch) }
            while let change = rest.first, swkube_filter_size(batch) < room {
                change.write(into: batch)
                rest = rest.dropFirst()
            }
            if !rest.isEmpty, !inParts { throw SandboxError.system(call: "filter", errno: E2BIG, path: table) }
            let result: Int32 = swkube_filter_commit(batch, fd)
            if result != 0 { throw SandboxError.system(call: "filter", errno: result, path: table) }
        }
    }
}

extension FilterChange {
    fileprivate func write(into batch: OpaquePointer) {
        switch self {
        case .element(let adds, let set, let key, .chain(let chain)):
            swkube_filter_element(batch, adds ? 1 : 0, set, key, key.count, nil, 0, chain)
        case .element(let adds, let set, let key, .value(let data)):
            swkube_filter_element(batch, adds ? 1 : 0, set, key, key.count, data, data.count, nil)
        case .element(let adds, let set, let key, .none): swkube_filter_element(batch, adds ? 1 : 0, set, key, key.count, nil, 0, nil)
        case .chain(.add, let name): swkube_filter_chain(batch, FILTER_ADD, name)
        case .chain(.flush, let name): swkube_filter_chain(batch, FILTER_FLUSH, name)
        case .chain(.delete, let name): swkube_filter_chain(batch, FILTER_DELETE, name)
        case .turn(let chain, let count, let offset, let next):
            swkube_filter_turn(batch, chain, UInt32(clamping: count), UInt32(clamping: offset), next)
        case .target(let chain, let transport, let address, let port): swkube_filter_target(batch, chain, transport, address, port)
        }
    }
}
