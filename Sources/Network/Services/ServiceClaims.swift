import API

/// Who has which place, when several Services want the same: the first one keeps it until it lets it go.
///
/// Cluster addresses are given out once; addresses that a manifest names, as `externalIPs` does, may clash.
struct ServiceClaims {
    private struct Claim: Hashable {
        let transport: ServiceRoute.Transport
        let place: ServiceRoute.Place
    }

    private var owners: [Claim: ObjectKey] = [:]
    private var held: [ObjectKey: Set<Claim>] = [:]
    private var waiting: [Claim: Set<ObjectKey>] = [:]

    /// The routes of a Service with the places that it may have, and the Services that wait for one that it let go.
    mutating func settle(_ routes: [ServiceRoute], of key: ObjectKey) -> (routes: [ServiceRoute], again: Set<ObjectKey>) {
        let old: Set<Claim> = held[key] ?? []
        var new: Set<Claim> = []
        let settled: [ServiceRoute] = routes.map { route in
            route.with(
                places: route.places.filter { place in
                    let claim = Claim(transport: route.transport, place: place)
                    guard owners[claim] == nil || owners[claim] == key else {
                        waiting[claim, default: []].insert(key)
                        return false
                    }
                    owners[claim] = key
                    new.insert(claim)
                    return true
                })
        }
        held[key] = new.isEmpty ? nil : new
        var again: Set<ObjectKey> = []
        for claim in old.subtracting(new) {
            owners[claim] = nil
            again.formUnion(waiting.removeValue(forKey: claim) ?? [])
        }
        return (settled, again.subtracting([key]))
    }
}
