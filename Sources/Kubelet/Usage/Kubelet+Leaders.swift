extension Kubelet {
    /// The first process of each container that runs on this node, as the host numbers it.
    package func leaders() async -> Set<Int32> {
        var leaders: Set<Int32> = []
        for worker in workers { leaders.formUnion(await worker.leaders().map(\.leader)) }
        return leaders
    }
}
