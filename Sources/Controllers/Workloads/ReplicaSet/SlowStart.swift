/// Makes many objects in batches of 1, 2, 4, …: where all would fail, few attempts are made.
///
/// Returns how many succeeded and the first failure. Source: `slowStartBatch` of pkg/controller/replicaset.
func slowStart<Item: Sendable>(
    _ items: [Item], _ make: @escaping @Sendable (Item) async throws -> Void
) async -> (made: Int, failure: (any Error)?) {
    var made: Int = 0
    var rest: ArraySlice<Item> = items[...]
    var size: Int = 1
    // What is left at the end is made after the next start.
    while !rest.isEmpty, !Task.isCancelled {
        let batch: ArraySlice<Item> = rest.prefix(size)
        rest = rest.dropFirst(size)
        let failures: [any Error] = await withTaskGroup(of: (any Error)?.self) { group in
            for item in batch {
                group.addTask {
                    do {
                        try await make(item)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { if let error = $1 { $0.append(error) } }
        }
        made += batch.count - failures.count
        if let failure = failures.first { return (made, failure) }
        size *= 2
    }
    return (made, nil)
}
