import API
import Machinery
import Testing

@testable import Scheduler

/// Who is next, and when a refused pod tries again.
struct QueueTests {
    private let start = ClusterClock.Instant(nanoseconds: 0)

    private func names(_ queue: inout SchedulingQueue) -> [String] {
        var names: [String] = []
        while let pod = queue.next(now: start) { names.append(pod.key.name) }
        return names
    }

    @Test func `more important pods come first, then those that came first`() throws {
        var queue = SchedulingQueue()
        for (name, priority) in [("a", 0), ("b", 10), ("c", 0), ("d", 10), ("e", -1)] {
            queue.set(try pod(name, priority: priority), now: start)
        }
        #expect(names(&queue) == ["b", "d", "a", "c", "e"])
    }

    @Test func `a pod that went away is not next`() throws {
        var queue = SchedulingQueue()
        queue.set(try pod("a"), now: start)
        queue.remove("uid-a")
        #expect(names(&queue) == [])
    }

    @Test func `gates hold a pod back until they are gone`() throws {
        var queue = SchedulingQueue()
        queue.set(try pod("a", #""schedulingGates":[{"name":"quota"}]"#), now: start)
        queue.note(.nodeAdded(try node("n")), now: start)
        #expect(names(&queue) == [])
        queue.set(try pod("a"), now: start)
        #expect(names(&queue) == ["a"])
    }

    /// Refuses the pod once.
    private func refused(_ pod: PodInfo, by plugins: Set<String>) -> SchedulingQueue {
        var queue = SchedulingQueue()
        queue.set(pod, now: start)
        #expect(queue.next(now: start) != nil)
        queue.refuse(pod.uid, by: plugins, now: start)
        return queue
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (9, 10)])
    func `each refusal doubles the back-off, up to ten seconds`(attempts: Int, seconds: Int) throws {
        #expect(SchedulingQueue.BackOff().delay(attempts: attempts) == .seconds(seconds))
    }

    @Test func `a pod that backs off lets others go first, and is next when there are none`() throws {
        var queue: SchedulingQueue = refused(try pod("a", asking(cpu: "1")), by: ["NodeResourcesFit"])
        queue.note(.podGone(try pod("other")), now: start)
        queue.set(try pod("b"), now: start)
        #expect(names(&queue) == ["b", "a"])
    }

    @Test func `after an error the end of the back-off is waited for`() throws {
        var queue = SchedulingQueue()
        queue.retry(try pod("a"), attempts: 2, now: start)
        #expect(names(&queue) == [])
        #expect(queue.nextDeadline == start.advanced(by: .seconds(2)))
        #expect(queue.next(now: start.advanced(by: .seconds(2)))?.key.name == "a")
    }

    @Test func `without nodes any node is news, and there is no back-off`() throws {
        var queue: SchedulingQueue = refused(try pod("a"), by: [])
        queue.note(.podGone(try pod("other")), now: start)
        #expect(names(&queue) == [])
        queue.note(.nodeAdded(try node("n")), now: start)
        #expect(names(&queue) == ["a"])
    }

    @Test func `after five minutes a pod tries in any case`() throws {
        var queue: SchedulingQueue = refused(try pod("a"), by: ["NodeAffinity"])
        #expect(queue.nextDeadline == start.advanced(by: .seconds(300)))
        #expect(queue.next(now: start.advanced(by: .seconds(300)))?.key.name == "a")
    }

    @Test func `the back-off begins anew with each refusal, and a pod that went away leaves nothing`() throws {
        var queue: SchedulingQueue = refused(try pod("a"), by: ["NodeAffinity"])
        queue.remove("uid-a")
        #expect(queue.nextDeadline == nil && queue.count == 0)
    }

    @Test func `room that was made for a pod is kept from others that are no more important`() throws {
        var queue = SchedulingQueue()
        let waiting: PodInfo = try pod("waiting", priority: 5)
        queue.set(waiting, now: start)
        #expect(queue.nominate(waiting, "n").isEmpty)
        for (priority, kept) in [(4, ["n"]), (5, ["n"]), (6, [])] {
            #expect(queue.nominated(besides: try pod("other", priority: priority)).map(\.node) == kept)
        }
        #expect(queue.nominated(besides: waiting).isEmpty)
        let better: PodInfo = try pod("better", priority: 6)
        queue.set(better, now: start)
        #expect(queue.nominate(better, "n").map(\.uid) == [waiting.uid])
        #expect(queue.nominatedNode(of: waiting.uid).isEmpty)
    }

    @Test func `a heap gives back in order what it was given in any`() {
        var heap = Heap<Int> { $0 < $1 }
        let numbers: [Int] = (0..<200).map { $0 * 7919 % 211 }
        for number in numbers { heap.insert(number) }
        var sorted: [Int] = []
        while let next = heap.removeFirst() { sorted.append(next) }
        #expect(sorted == numbers.sorted())
    }
}
