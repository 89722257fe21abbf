import API
import Machinery
import Testing

@testable import Controllers

struct SlicePlanTests {
    private typealias Group = SlicePlan.Group

    private func endpoints(_ numbers: some Sequence<Int>, ready: Bool = true) -> [JSON] {
        numbers.map { ["addresses": [.string("10.0.0.\($0)")], "conditions": ["ready": .bool(ready)]] }
    }

    private func slice(_ name: String, _ endpoints: [JSON], port: Int64 = 80) -> View<EndpointSlice> {
        EndpointSlice.new(name, namespace: "default") {
            $0.addressType = "IPv4"
            $0.json["ports"] = [["port": .int(port)]]
            $0.json["endpoints"] = .array(endpoints)
        }
    }

    private func plan(_ endpoints: [JSON], _ present: [View<EndpointSlice>]) -> SlicePlan {
        SlicePlan([Group(ports: [["port": 80]], endpoints: endpoints)], present: present, most: 10)
    }

    /// Name and size of what is written.
    private func changes(_ plan: SlicePlan) -> [String] { plan.changes.map { "\($0.name ?? "new") \($0.content.endpoints.count)" } }

    @Test func `as many endpoints as go into a slice fill one`() {
        #expect(changes(plan(endpoints(0..<25), [])) == ["new 10", "new 10", "new 5"])
    }

    @Test func `what is there already is not written again`() {
        let present = [slice("a", endpoints(0..<10)), slice("b", endpoints(10..<15))]
        #expect(plan(endpoints(0..<15), present).changes.isEmpty)
        #expect(plan(endpoints((0..<15).reversed()), present).changes.isEmpty)
    }

    @Test func `one endpoint that goes or changes is written in its own slice alone`() {
        let present = [slice("a", endpoints(0..<10)), slice("b", endpoints(10..<20))]
        #expect(changes(plan(endpoints(1..<20), present)) == ["a 9"])
        #expect(changes(plan(endpoints(0..<12) + endpoints(12..<13, ready: false) + endpoints(13..<20), present)) == ["b 10"])
    }

    @Test func `new ones go where something is written anyway, then where all have room, then into a new slice`() {
        let present = [slice("a", endpoints(0..<10)), slice("b", endpoints(10..<15)), slice("c", endpoints(15..<19))]
        #expect(changes(plan(endpoints(1..<20), present)) == ["a 10"])
        #expect(changes(plan(endpoints(0..<21), present)) == ["b 7"])
        #expect(changes(plan(endpoints(0..<30), present)) == ["new 10", "new 1"])
    }

    @Test func `slices that became empty go, and one with other ports becomes one that is missing`() {
        let present = [slice("a", endpoints(0..<10)), slice("b", endpoints(10..<20))]
        let fewer = plan(endpoints(0..<10), present)
        #expect(fewer.changes.isEmpty && fewer.surplus == ["b"])
        let moved = plan(endpoints(0..<10), [slice("a", endpoints(0..<10), port: 8080)])
        #expect(changes(moved) == ["a 10"] && moved.surplus.isEmpty)
    }

    @Test func `a service that nobody is behind has one empty slice`() {
        #expect(changes(plan([], [])) == ["new 0"])
        #expect(plan([], [slice("a", [])]).changes.isEmpty)
        let left = plan([], [slice("a", endpoints(0..<3)), slice("b", endpoints(3..<5))])
        #expect(changes(left) == ["a 0"] && left.surplus == ["b"])
    }
}
