/// Makes many objects in batches of 1, 2, 4, …: where all would fail, few attempts are made.
///
/// Returns how many succeeded and the first failure. Source: `slowStartBatch` of pkg/controller/replicaset.
func slowStart(_ count: Int, _ make: @escaping @Sendable () async throws -> Void) async -> (made: Int, failure: (any Error)?) {
    var made = 0
    var batch = 1
    while made < count {
        let size: Int = min(batch, count - made)
        let failures: [any Error] = await withTaskGroup(of: (any Error)?.self) { group in
            for _ in 0..<size {
                group.addTask {
                    do {
                        try await make()
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { if let error = $1 { $0.append(error) } }
        }
        made += size - failures.count
        if let failure = failures.first { return (made, failure) }
        batch *= 2
    }
    return (made, nil)
}
