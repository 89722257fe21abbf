import API
import Machinery
import Testing

@testable import Client

@Suite struct InformerStateTests {
    private static func slice(_ name: String, of service: String?, in namespace: String = "a") -> View<EndpointSlice> {
        var slice = View<EndpointSlice>()
        slice.metadata.name = name
        slice.metadata.namespace = namespace
        if let service { slice.metadata.labels = ["service": service] }
        return slice
    }

    @Test func `objects are found by a label, before and after it changes`() {
        var state = InformerState<EndpointSlice>()
        func put(_ slice: View<EndpointSlice>) { state.put(slice, slice.key) }
        func names(_ service: String, _ namespace: String = "a") -> [String] {
            state.labelled("service", service, namespace: namespace).map(\.name).sorted()
        }
        put(Self.slice("1", of: "web"))
        put(Self.slice("2", of: "web"))
        put(Self.slice("2", of: "web", in: "b"))
        put(Self.slice("3", of: nil))
        #expect(names("web") == ["1", "2"])
        #expect(names("web", "b") == ["2"])
        put(Self.slice("1", of: "db"))
        put(Self.slice("3", of: "web"))
        #expect(names("web") == ["2", "3"])
        #expect(names("db") == ["1"])
        put(Self.slice("1", of: nil))
        state.put(nil, Self.slice("2", of: "web").key)
        #expect(names("web") == ["3"])
        #expect(names("db").isEmpty)
        #expect(state.keysByLabel["service"]?.count == 2)
    }
}
