import API
import Client
import Kubelet
import Logging
import Machinery
import Synchronization

/// The nodes whose pods are processes of this machine: each has a kubelet that runs while the node is switched on.
///
/// The first node is always there; the others are Node objects with the mark ``NodeMarks/Kind/process``. A node that is switched off loses
/// its processes at once, as a machine without power does; one whose object is deleted loses its data too.
final class NodePool: Sendable {
    private enum Wish: Sendable { case on, off, gone }

    private struct Member {
        /// nil while the node is off.
        var kubelet: Kubelet?
        var wish: Wish
        let wishes: AsyncStream<Wish>.Continuation
    }

    private let first: String?
    private let nodes: Informer<Node>
    private let pods: Informer<Pod>
    private let profile: ClusterProfile
    private let log: Logger
    private let makeKubelet: @Sendable (String, NodeFolders) -> Kubelet
    private let members = Mutex<[String: Member]>([:])
    /// Names of nodes that have begun in this run, or are switched off; for one reader.
    let settled: AsyncStream<String>
    private let settle: AsyncStream<String>.Continuation

    /// - Parameter first: name of the node that is there without being asked for; nil for none.
    init(
        first: String?, informers: Informers, profile: ClusterProfile, log: Logger,
        makeKubelet: @escaping @Sendable (String, NodeFolders) -> Kubelet
    ) {
        self.first = first
        nodes = informers.informer()
        pods = informers.informer()
        self.profile = profile
        self.log = log
        self.makeKubelet = makeKubelet
        (settled, settle) = AsyncStream<String>.makeStream()
    }

    /// The kubelet of a node; nil for one that is off or of another kind.
    func kubelet(of node: String) -> Kubelet? { members.withLock { $0[node]?.kubelet } }

    /// The kubelet of the node that a pod is bound to.
    func kubelet(ofPod key: ObjectKey) -> Kubelet? { pods.get(key).flatMap { kubelet(of: $0.spec.nodeName) } }

    /// The first process of each container of all nodes.
    func leaders() async -> Set<Int32> {
        var leaders: Set<Int32> = []
        for kubelet in kubelets { leaders.formUnion(await kubelet.leaders()) }
        return leaders
    }

    /// Keeps the nodes until the task is cancelled; then their pods run on.
    func run() async {
        let (begun, newMembers) = AsyncStream<(String, AsyncStream<Wish>)>.makeStream()
        await withDiscardingTaskGroup { group in
            if let first { wish(.on, for: first, newMembers) }
            group.addTask { [self] in
                await nodes.caughtUp()
                await removeStrays()
                nodes.onChange { [weak self] before, after in self?.nodeChanged(before, after, newMembers) }
            }
            for await (name, wishes) in begun { group.addTask { [self] in await keep(name, wishes) } }
        }
    }

    private func nodeChanged(
        _ before: View<Node>?, _ after: View<Node>?, _ newMembers: AsyncStream<(String, AsyncStream<Wish>)>.Continuation
    ) {
        guard let node = after ?? before, node.kind == .process || node.name == first else { return }
        if let after { return wish(after.isSwitchedOff ? .off : .on, for: node.name, newMembers) }
        // The first node makes itself known again.
        if node.name != first { wish(.gone, for: node.name, newMembers) }
    }

    private func wish(_ wish: Wish, for name: String, _ newMembers: AsyncStream<(String, AsyncStream<Wish>)>.Continuation) {
        members.withLock { members in
            if let member = members[name] {
                guard member.wish != wish else { return }
                members[name]?.wish = wish
                member.wishes.yield(wish)
                return
            }
            let (stream, wishes) = AsyncStream<Wish>.makeStream()
            members[name] = Member(wish: wish, wishes: wishes)
            newMembers.yield((name, stream))
            wishes.yield(wish)
        }
    }

    /// Follows the wishes for one node.
    private func keep(_ name: String, _ wishes: AsyncStream<Wish>) async {
        var wishes: AsyncStream<Wish>.Iterator = wishes.makeAsyncIterator()
        var wish: Wish? = await wishes.next()
        while let current = wish {
            if current == .on {
                let folders: NodeFolders = folders(of: name)
                do {
                    try folders.make()
                } catch {
                    log.critical("the node has no place for its pods", metadata: ["node": "\(name)", "error": "\(error)"])
                    wish = await wishes.next()
                    continue
                }
                let kubelet: Kubelet = makeKubelet(name, folders)
                members.withLock { $0[name]?.kubelet = kubelet }
                wish = await withTaskGroup { group in
                    group.addTask { [settle] in await kubelet.run { settle.yield(name) } }
                    let next: Wish? = await wishes.next()
                    group.cancelAll()
                    return next
                }
                members.withLock { $0[name]?.kubelet = nil }
                continue
            }
            // Power fails without a warning.
            await Kubelet.endPods(stateFolder: folders(of: name).state, gracePeriod: .zero)
            settle.yield(name)
            if current == .gone { remove(name) }
            wish = await wishes.next()
        }
    }

    /// Ends the pods of all nodes in order; for the API they run on.
    func endPods() async {
        await withDiscardingTaskGroup { group in for kubelet in kubelets { group.addTask { await kubelet.powerOff() } } }
    }

    /// Nodes that were deleted shortly before the cluster died.
    private func removeStrays() async {
        for name in profile.furtherNodes where nodes.get(ObjectKey(namespace: "", name: name))?.kind != .process {
            await Kubelet.endPods(stateFolder: folders(of: name).state, gracePeriod: .zero)
            remove(name)
        }
    }

    private func folders(of name: String) -> NodeFolders { name == first ? profile.firstNode : profile.furtherNode(name) }

    private func remove(_ name: String) {
        do {
            try profile.removeFurtherNode(name)
        } catch {
            log.error("what a node left could not be removed", metadata: ["node": "\(name)", "error": "\(error)"])
        }
    }
}

extension NodePool: UsageSource {
    func podMetrics() -> [View<PodMetrics>] { kubelets.flatMap { $0.podMetrics() } }
    func nodeMetrics() -> [View<NodeMetrics>] {
        SharedMachine.divide(kubelets.flatMap { kubelet in kubelet.nodeMetrics().map { ($0, kubelet.podMetrics()) } })
    }

    private var kubelets: [Kubelet] { members.withLock { $0.values.compactMap(\.kubelet) } }
}
