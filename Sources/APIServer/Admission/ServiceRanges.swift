import API
import Machinery

/// The ranges that Services get their addresses from: those of all `ServiceCIDR` objects that are ready.
///
/// Source: `MetaAllocator` of pkg/registry/core/service/ipallocator/cidrallocator.go.
struct ServiceRanges: Sendable {
    let objects: ParsedObjects

    func contain(_ address: String) -> Bool {
        guard let address = IPAddress(address) else { return false }
        return all.contains { $0.contains(address) }
    }

    /// Those that Services may have, the default one first: the families of the cluster's own range.
    var families: [IPFamily] {
        let own: View<ServiceCIDR> = objects.list(ServiceCIDR.self).first { $0.name == ServiceCIDR.preset.name } ?? ServiceCIDR.preset
        return own.spec.cidrs.compactMap { CIDR($0)?.address.family }
    }

    /// An address of one of a family's ranges, chosen at random; one range after the other.
    ///
    /// The beginning of a range, a sixteenth but 256 addresses at most, is left to those who choose their address, and the first one of
    /// all to nobody. Source: KEP-3070.
    func address(of family: IPFamily, where isFree: (String) -> Bool) -> String? {
        for range in all where range.address.family == family {
            let (first, last): (UInt128, UInt128) = (range.first.value, range.last.value)
            guard last - first > 1 else { continue }
            let size: UInt128 = last - first
            let reserved: UInt128 = min(max(16, size / 16), 256)
            // The last one of IPv4 would be for all.
            let (low, high): (UInt128, UInt128) = (first + 1, family == .v4 ? last - 1 : last)
            let start: UInt128 = reserved < size / 2 ? low + reserved : low
            func text(_ value: UInt128) -> String { range.first.advanced(by: Int(value - first)).description }
            for _ in 0..<100 {
                let address: String = text(UInt128.random(in: start...high))
                if isFree(address) { return address }
            }
            // Nearly full: one after the other, the reserved ones last.
            for value in [start...high, low...max(low, start - 1)].joined() where isFree(text(value)) { return text(value) }
        }
        return nil
    }

    /// The range of the cluster itself first; it alone before anybody made an object.
    private var all: [CIDR] {
        let made: [View<ServiceCIDR>] = objects.list(ServiceCIDR.self)
        let ready: [View<ServiceCIDR>] = made.filter { range in
            !range.isTerminating && range.status.conditions.first { $0.type == "Ready" }?.status ?? "True" == "True"
        }
        let (own, others): ([View<ServiceCIDR>], [View<ServiceCIDR>]) = (
            made.isEmpty ? [ServiceCIDR.preset] : ready.filter { $0.name == ServiceCIDR.preset.name },
            ready.filter { $0.name != ServiceCIDR.preset.name }
        )
        return (own + others).flatMap { $0.spec.cidrs.compactMap { CIDR($0) } }
    }
}
