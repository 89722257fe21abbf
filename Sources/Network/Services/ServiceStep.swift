import Machinery
package import Sandbox

/// One change of the table of services: as a line of `nft` and, where it is one of the usual ones, as the kernel takes it.
package enum ServiceStep: Sendable {
    package enum Key: Sendable {
        case destination(ServiceRoute.Place, ServiceRoute.Transport)
        case nodePort(Int, ServiceRoute.Transport)
        case number(Int)
        /// An address twice.
        case pair(String)
    }

    package enum Content: Sendable {
        case none
        case place(ServiceRoute.Place)
        case chain(String)
    }

    case element(adds: Bool, set: String, Key, Content)
    case chain(FilterChange.Action, String)
    case turn(chain: String, count: Int, offset: Int)
    case target(chain: String, ServiceRoute.Transport, ServiceRoute.Place)
    /// A line without the table's name behind its first two words: `add rule`, and the rest.
    case other(String, String)

    /// The steps as a text for a table.
    static func text(_ steps: [ServiceStep], table: PacketFilter.Table) -> String {
        var lines: [String] = []
        var index = 0
        while index < steps.count {
            guard case .element(let adds, let set, _, _) = steps[index] else {
                lines.append(steps[index].line(table))
                index += 1
                continue
            }
            var elements: [String] = []
            while index < steps.count, case .element(adds, set, let key, let content) = steps[index] {
                elements.append(key.text + (adds ? content.text : ""))
                index += 1
            }
            lines += PacketFilter.elements(adds ? "add" : "delete", "\(table) \(set)", elements)
        }
        return lines.isEmpty ? "" : PacketFilter.text(lines)
    }

    private func line(_ table: PacketFilter.Table) -> String {
        switch self {
        case .element: ""
        case .chain(let action, let name): "\(action.rawValue) chain \(table) \(name)"
        case .turn(let chain, let count, let offset):
            "add rule \(table) \(chain) meta mark set numgen inc mod \(count)\(offset == 0 ? "" : " offset \(offset)") goto pick"
        case .target(let chain, let transport, let place):
            "add rule \(table) \(chain) meta l4proto \(transport.rawValue) dnat to \(place)"
        case .other(let verb, let rest): "\(verb) \(table) \(rest)"
        }
    }

    /// nil for what only `nft` can say.
    var change: FilterChange? {
        switch self {
        case .element(let adds, let set, let key, .none): key.bytes.map { .element(adds: adds, set: set, key: $0, .none) }
        case .element(let adds, let set, let key, .chain(let chain)):
            key.bytes.map { .element(adds: adds, set: set, key: $0, .chain(chain)) }
        case .element(let adds, let set, let key, .place(let place)):
            if let key = key.bytes, let address = place.number {
                .element(adds: adds, set: set, key: key, .value(address + place.portBytes))
            } else {
                nil
            }
        case .chain(let action, let name): .chain(action, name)
        case .turn(let chain, let count, let offset): .turn(chain: chain, count: count, offset: offset, next: "pick")
        case .target(let chain, let transport, let place):
            place.number.map {
                .target(chain: chain, transport: Int32(transport.number), address: $0, port: Array(place.portBytes[..<2]))
            }
        case .other: nil
        }
    }
}

extension ServiceStep.Key {
    fileprivate var text: String {
        switch self {
        case .destination(let place, let transport): "\(place.address) . \(transport.rawValue) . \(place.port)"
        case .nodePort(let port, let transport): "\(transport.rawValue) . \(port)"
        case .number(let number): "\(number)"
        case .pair(let address): "\(address) . \(address)"
        }
    }

    fileprivate var bytes: [UInt8]? {
        switch self {
        case .destination(let place, let transport): place.number.map { $0 + [transport.number, 0, 0, 0] + place.portBytes }
        case .nodePort(let port, let transport): [transport.number, 0, 0, 0] + ServiceRoute.Place.bytes(port)
        case .number(let number): withUnsafeBytes(of: UInt32(clamping: number)) { Array($0) }
        case .pair(let address): IPAddress(address).map { $0.bytes + $0.bytes }
        }
    }
}

extension ServiceStep.Content {
    fileprivate var text: String {
        switch self {
        case .none: ""
        case .place(let place): " : \(place.address) . \(place.port)"
        case .chain(let chain): " : goto \(chain)"
        }
    }
}

extension ServiceRoute.Transport {
    /// Source: IANA's protocol numbers.
    fileprivate var number: UInt8 { self == .tcp ? 6 : 17 }
}

extension ServiceRoute.Place {
    fileprivate static func bytes(_ port: Int) -> [UInt8] { [UInt8(port >> 8 & 0xFF), UInt8(port & 0xFF), 0, 0] }
    /// The address in network order, and the port filled up to four bytes.
    fileprivate var number: [UInt8]? { IPAddress(address)?.bytes }
    fileprivate var portBytes: [UInt8] { Self.bytes(port) }
}
