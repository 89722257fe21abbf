/// The order of a merged list: elements that the patch names follow the patch's order, the others keep the server's, and both are
/// interleaved by the server's order where it knows them.
struct ListOrder {
    /// nil for lists of plain values.
    let mergeKey: String?

    /// Throws when the elements of a patch stand in another order than `$setElementOrder` gives.
    func check(_ patch: [JSON], against order: [JSON]) throws(StrategicMergeError) {
        guard !patch.isEmpty, !order.isEmpty else { return }
        var next: Int = 0
        let wanted: [JSON] = patch.filter { !isDeletion($0) }
        for element in order where next < wanted.count && identity(element) == identity(wanted[next]) { next += 1 }
        guard next == wanted.count else {
            throw .unprocessable(
                """
                The order in patch list:
                \(JSON.array(patch).goText)
                 doesn't match \(Directive.elementOrder) list:
                \(JSON.array(order).goText)

                """)
        }
    }

    func ordered(_ elements: [JSON], by order: [JSON], server: [JSON]) -> [JSON] {
        let inOrder: [JSON: Int] = positions(order)
        let onServer: [JSON: Int] = positions(server)
        let named: [JSON] = sorted(elements.filter { inOrder[identity($0)] != nil }, inOrder)
        let others: [JSON] = sorted(elements.filter { inOrder[identity($0)] == nil }, onServer)
        var result: [JSON] = []
        result.reserveCapacity(elements.count)
        var left: Int = 0
        var right: Int = 0
        while left < others.count, right < named.count {
            if let one: Int = onServer[identity(others[left])], let two: Int = onServer[identity(named[right])], one < two {
                result.append(others[left])
                left += 1
            } else {
                result.append(named[right])
                right += 1
            }
        }
        return result + others[left...] + named[right...]
    }

    /// Stable; elements without a position come behind the others, those to delete last.
    func sorted(_ elements: [JSON], _ positions: [JSON: Int]) -> [JSON] {
        func rank(_ element: JSON) -> Int { isDeletion(element) ? .max : positions[identity(element)] ?? .max - 1 }
        return elements.enumerated().sorted { one, two in
            (rank(one.element), one.offset) < (rank(two.element), two.offset)
        }.map(\.element)
    }

    func positions(_ elements: [JSON]) -> [JSON: Int] {
        var positions: [JSON: Int] = [:]
        for (index, element) in elements.enumerated() where positions[identity(element)] == nil {
            positions[identity(element)] = index
        }
        return positions
    }

    private func isDeletion(_ element: JSON) -> Bool { element[Directive.patch] == "delete" }

    private func identity(_ element: JSON) -> JSON { mergeKey.flatMap { element[$0] } ?? element }
}
