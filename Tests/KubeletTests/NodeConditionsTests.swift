import API
import Machinery
import Sandbox
import Testing

@testable import Kubelet

struct NodeConditionsTests {
    private func node(isolationProblem: SandboxError?, limits: String? = nil) -> View<Node> {
        let problem = SandboxError.setup(stage: "network namespace", errno: 1, path: "")
        let conditions = NodeConditions(
            old: Node.new("local"), now: Time("2026-01-01T00:00:00Z") ?? .epoch,
            pressure: NodePressure(memoryAvailable: .max, disk: nil), network: ClusterNetwork(hostNetworkBecause: problem),
            isolationProblem: isolationProblem, limits: limits, processes: 256)
        return Node.new("local") { $0.status.conditions = conditions.all }
    }

    @Test func `a host that lets no pod run has a node that is not Ready and says what to do`() {
        let node: View<Node> = node(isolationProblem: .setup(stage: "user namespace", errno: 28, path: ""))
        #expect(!node.isReady)
        #expect(
            node.refusal
                == "container runtime is not ready: the host lets no pod run (user namespace: no space left on device); "
                + Host.isolationRemedy)
    }

    @Test func `a host without networks alone has a node that is Ready`() {
        let node: View<Node> = node(isolationProblem: nil)
        #expect(node.isReady && node.refusal == nil)
        #expect(node.condition("PodNetworks")?.reason == "NotSupported")
    }

    @Test func `a host without control groups says what holds its pods back`() {
        let message: String = node(isolationProblem: nil, limits: "none are lent").condition("ResourceLimitsEnforced")?.message ?? ""
        #expect(message.hasSuffix("to 256 processes, and the processors are shared by priority: none are lent"))
    }
}
