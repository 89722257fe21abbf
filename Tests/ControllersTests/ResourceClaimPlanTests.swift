import API
import Machinery
import Testing

@testable import Controllers

/// Source: the table of pkg/controller/resourceclaim/controller_test.go.
struct ResourceClaimPlanTests {
    private func claim(
        users: [String] = [], isAllocated: Bool = true, isHeld: Bool = true, isTerminating: Bool = false, owner: String = ""
    ) -> View<ResourceClaim> {
        ResourceClaim.new("c", namespace: "default") {
            if isHeld { $0.metadata.finalizers = [ResourceClaimPlan.finalizer] }
            if isTerminating { $0.metadata.deletionTimestamp = Fixture.now }
            if !owner.isEmpty { $0.metadata.ownerReferences = [View<OwnerReference>.controller(Fixture.pod(owner))] }
            if isAllocated { $0.status.allocation = View<AllocationResult>(["devices": ["results": []]]) }
            if !users.isEmpty {
                $0.status.reservedFor = users.map { user in
                    View<ResourceClaimConsumerReference> {
                        $0.resource = "pods"
                        $0.name = user
                        $0.uid = "uid-" + user
                    }
                }
            }
        }
    }

    private func plan(_ claim: View<ResourceClaim>, owner: View<Pod>? = nil, gone: Set<String> = []) -> ResourceClaimPlan {
        ResourceClaimPlan(claim, owner: owner) { !gone.contains($0.name) }
    }

    @Test func `a claim in use stays as it is`() {
        let plan = plan(claim(users: ["a"]))
        #expect(plan.status == nil && !plan.isFree && !plan.isDoomed)
    }

    @Test func `one user less leaves the devices to the others`() {
        let plan = plan(claim(users: ["a", "b"]), gone: ["a"])
        #expect(plan.status?.reservedFor.map(\.name) == ["b"])
        #expect(plan.status?.allocation != nil && !plan.isFree)
    }

    @Test func `the last user gives the devices back`() {
        let plan = plan(claim(users: ["a"]), gone: ["a"])
        #expect(plan.status?.allocation == nil && plan.status?.reservedFor == [])
        #expect(plan.isFree && !plan.isDoomed)
    }

    @Test func `a claim that was allocated and never used keeps its devices until it goes`() {
        #expect(plan(claim()).status == nil)
        let ending = plan(claim(isTerminating: true))
        #expect(ending.status?.allocation == nil && ending.isFree)
    }

    @Test func `a claim goes with the pod that it was made for`() {
        #expect(!plan(claim(users: ["p"], owner: "p"), owner: Fixture.pod("p")).isDoomed)
        #expect(!plan(claim(owner: "p"), owner: Fixture.pod("p")).isDoomed)
        #expect(plan(claim(users: ["p"], owner: "p"), owner: Fixture.pod("p", phase: "Succeeded"), gone: ["p"]).isDoomed)
        #expect(plan(claim(owner: "p"), owner: nil).isDoomed)
    }
}

/// Source: the table of pkg/controller/devicetainteviction.
struct DeviceTaintEvictionTests {
    private func time(_ seconds: Int64) -> Time { Time(seconds: seconds) }

    @Test(
        arguments: [
            // At once; never; after the shortest of the tolerations that are used.
            (#"[]"#, 100), (#"[{"operator":"Exists"}]"#, nil), (#"[{"key":"other","operator":"Exists"}]"#, 100),
            (#"[{"key":"broken","operator":"Exists","tolerationSeconds":30}]"#, 130),
            (#"[{"key":"broken","operator":"Exists","tolerationSeconds":30},{"operator":"Exists","tolerationSeconds":10}]"#, 110),
            (#"[{"key":"broken","operator":"Equal","value":"no"}]"#, 100),
        ] as [(String, Int64?)])
    func `a device with a taint is used as long as it is tolerated`(tolerations: String, end: Int64?) throws {
        let taint = View<DeviceTaint>(["key": "broken", "value": "yes", "effect": "NoExecute", "timeAdded": time(100).json])
        let result = View<DeviceRequestAllocationResult>([
            "request": "gpu", "driver": "d", "pool": "p", "device": "x", "tolerations": try JSON(parsing: Array(tolerations.utf8)),
        ])
        #expect(DeviceTaintEvictionController.end(of: result, [taint], now: time(200)) == end.map(time))
        #expect(DeviceTaintEvictionController.end(of: result, [], now: time(200)) == nil)
    }
}
