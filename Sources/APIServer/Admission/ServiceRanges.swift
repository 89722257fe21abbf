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

    /// An address of one of the ranges, chosen at random; one range after the other.
    ///
    /// The beginning of a range, a sixteenth but 256 addresses at most, is left to those who choose their address, and the first one of
    /// all to nobody. Source: KEP-3070.
    func address(where isFree: (String) -> Bool) -> String? {
        for range in all where range.address.isIPv4 {
            let (first, last): (UInt32, UInt32) = (UInt32(range.first.value), UInt32(range.last.value))
            guard last - first > 1 else { continue }
            let size: UInt32 = last - first
            let reserved: UInt32 = min(max(16, size / 16), 256)
            let (low, high): (UInt32, UInt32) = (first + 1, last - 1)
            let start: UInt32 = reserved < size / 2 ? low + reserved : low
            for _ in 0..<100 {
                let address: String = IPAddress(ipv4: UInt32.random(in: start...high)).description
                if isFree(address) { return address }
            }
            // Nearly full: one after the other, the reserved ones last.
            for value in [start...high, low...max(low, start - 1)].joined() {
                let address: String = IPAddress(ipv4: value).description
                if isFree(address) { return address }
            }
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
