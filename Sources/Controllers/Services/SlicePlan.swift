import API
import Machinery

/// Which EndpointSlices change so that they show what is wanted, decided from those there are. Pure.
///
/// An endpoint stays in its slice; new ones fill slices that change anyway, then one that has room for all of them, then new slices. So one
/// pod among ten thousand changes one slice. Source: `reconcileByPortMapping` of staging/src/k8s.io/endpointslice.
struct SlicePlan {
    /// What every slice of a kind of addresses and a set of ports says together.
    struct Group: Equatable {
        var addressType: String = "IPv4"
        let ports: [JSON]
        var endpoints: [JSON]
    }

    /// What a slice is to say.
    struct Change: Equatable {
        /// Of a slice there is; nil for a new one.
        var name: String?
        let content: Group
    }

    private(set) var changes: [Change] = []
    /// The names of slices that nobody needs.
    private(set) var surplus: [String] = []

    /// - Parameter most: endpoints of one slice.
    init(_ groups: [Group], present: [View<EndpointSlice>], most: Int) {
        var unused: [View<EndpointSlice>] = present
        for group in groups {
            let own: [View<EndpointSlice>] = unused.filter {
                $0.addressType == group.addressType && ($0.json["ports"]?.array ?? []) == group.ports
            }
            unused.removeAll { slice in own.contains { $0.name == slice.name } }
            fill(group, own, most)
        }
        surplus += unused.map(\.name)
        // A slice that nobody needs can be one that is missing; its kind of addresses never changes.
        for index in changes.indices where changes[index].name == nil {
            let reused: String? = surplus.first { name in
                present.contains { $0.name == name && $0.addressType == changes[index].content.addressType }
            }
            guard let reused else { continue }
            changes[index].name = reused
            surplus.removeAll { $0 == reused }
        }
    }

    private struct Page {
        let name: String?
        var endpoints: [JSON]
        var isChanged: Bool
    }

    private mutating func fill(_ group: Group, _ own: [View<EndpointSlice>], _ most: Int) {
        var missing: [JSON: JSON] = Dictionary(group.endpoints.map { (Self.identity($0), $0) }) { one, _ in one }
        var pages: [Page] = own.map { slice in
            let before: [JSON] = slice.json["endpoints"]?.array ?? []
            let after: [JSON] = before.prefix(most).compactMap { missing.removeValue(forKey: Self.identity($0)) }
            return Page(name: slice.name, endpoints: after, isChanged: after != before)
        }
        // In the order in which they are wanted.
        var rest: [JSON] = missing.isEmpty ? [] : group.endpoints.filter { missing.removeValue(forKey: Self.identity($0)) != nil }
        let byRoom: [Int] = pages.indices.filter { pages[$0].isChanged && !pages[$0].endpoints.isEmpty }
            .sorted { pages[$0].endpoints.count > pages[$1].endpoints.count }
        for index in byRoom { Self.move(&rest, to: &pages[index], most) }
        if !rest.isEmpty {
            let fitting: Int? = pages.indices.filter { !pages[$0].isChanged && pages[$0].endpoints.count + rest.count <= most }
                .max { pages[$0].endpoints.count < pages[$1].endpoints.count }
            if let fitting { Self.move(&rest, to: &pages[fitting], most) }
        }
        while !rest.isEmpty {
            let empty: Int? = pages.firstIndex { $0.endpoints.isEmpty }
            if empty == nil { pages.append(Page(name: nil, endpoints: [], isChanged: true)) }
            Self.move(&rest, to: &pages[empty ?? pages.count - 1], most)
        }
        // A service that nobody is behind has one slice that says so.
        if group.endpoints.isEmpty, pages.isEmpty { pages.append(Page(name: nil, endpoints: [], isChanged: true)) }
        var isPlaceTaken: Bool = !group.endpoints.isEmpty
        for page in pages {
            if page.endpoints.isEmpty {
                if isPlaceTaken {
                    if let name = page.name { surplus.append(name) }
                    continue
                }
                isPlaceTaken = true
            }
            guard page.isChanged else { continue }
            changes.append(
                Change(name: page.name, content: Group(addressType: group.addressType, ports: group.ports, endpoints: page.endpoints)))
        }
    }

    private static func move(_ rest: inout [JSON], to page: inout Page, _ most: Int) {
        let moved: ArraySlice<JSON> = rest.prefix(most - page.endpoints.count)
        guard !moved.isEmpty else { return }
        page.endpoints += moved
        page.isChanged = true
        rest.removeFirst(moved.count)
    }

    /// What makes an endpoint the same one although its state changes.
    private static func identity(_ endpoint: JSON) -> JSON {
        .array([endpoint["addresses"] ?? [], endpoint[["targetRef", "uid"]] ?? ""])
    }
}
