import API
import Machinery
import Testing

@testable import Scheduler

/// Who is next, and when a refused pod tries again.
struct QueueTests {
    private let start = ClusterClock.Instant(nanoseconds: 0)

    private func names(_ queue: inout SchedulingQueue) -> [String] {
        var names: [String] = []
        while let pod = queue.next() { names.append(pod.key.name) }
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
        queue.note(.nodeAdded, now: start)
        #expect(names(&queue) == [])
        queue.set(try pod("a"), now: start)
        #expect(names(&queue) == ["a"])
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (9, 10)])
    func `each refusal doubles the back-off, up to ten seconds`(attempts: Int, seconds: Int) throws {
        var queue = SchedulingQueue()
        var now: ClusterClock.Instant = start
        queue.set(try pod("a"), now: now)
        var delay: Duration?
        for _ in 0..<attempts {
            #expect(queue.next() != nil)
            delay = queue.refuse("uid-a", by: ["NodeResourcesFit"], now: now)
            now = now.advanced(by: .seconds(60))
            queue.note(.podGone, now: now)
        }
        #expect(delay == .seconds(seconds))
    }

    @Test func `only a change that may help brings a pod back, and not before its back-off ends`() throws {
        var queue = SchedulingQueue()
        queue.set(try pod("a"), now: start)
        #expect(queue.next() != nil)
        #expect(queue.refuse("uid-a", by: ["NodeAffinity"], now: start) == .seconds(1))
        let later: ClusterClock.Instant = start.advanced(by: .seconds(1))
        queue.wake("uid-a", now: later)
        queue.note(.podGone, now: later)
        #expect(names(&queue) == [])
        queue.note(.nodeLabels, now: start)
        #expect(names(&queue) == [])
        queue.wake("uid-a", now: later)
        #expect(names(&queue) == ["a"])
    }

    @Test func `what changed while a pod was decided upon is not lost`() throws {
        var queue = SchedulingQueue()
        queue.set(try pod("a"), now: start)
        #expect(queue.next() != nil)
        queue.note(.nodeLabels, now: start)
        #expect(queue.refuse("uid-a", by: ["NodeAffinity"], now: start) == .seconds(1))
        queue.wake("uid-a", now: start.advanced(by: .seconds(1)))
        #expect(names(&queue) == ["a"])
    }

    @Test func `without nodes there is no back-off`() throws {
        var queue = SchedulingQueue()
        queue.set(try pod("a"), now: start)
        #expect(queue.next() != nil)
        #expect(queue.refuse("uid-a", by: [], now: start) == .zero)
        #expect(names(&queue) == [])
        queue.note(.nodeAdded, now: start)
        #expect(names(&queue) == ["a"])
    }

    @Test func `after five minutes a pod tries in any case`() throws {
        var queue = SchedulingQueue()
        queue.set(try pod("a"), now: start)
        #expect(queue.next() != nil)
        #expect(queue.refuse("uid-a", by: ["NodeAffinity"], now: start) != nil)
        queue.wake("uid-a", now: start.advanced(by: .seconds(301)))
        #expect(names(&queue) == ["a"])
    }

    @Test func `a change of the pod itself is another chance`() throws {
        var queue = SchedulingQueue()
        queue.set(try pod("a"), now: start)
        #expect(queue.next() != nil)
        #expect(queue.refuse("uid-a", by: ["NodeAffinity"], now: start) != nil)
        queue.set(try pod("a", labels: ["b": "c"]), now: start.advanced(by: .seconds(2)))
        #expect(queue.next()?.labels == ["b": "c"])
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
