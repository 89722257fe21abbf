import API
import Machinery

/// Holds pods back that want to start as a group, which this version can't see to, and says so.
struct SchedulingGroups: Filter {
    static let name = "GangScheduling"
    static let events: Set<ClusterEvent.Kind> = []
    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool { false }

    let verdictForAll: String? = "spec.schedulingGroup asks for scheduling as a group, which this version of swkube doesn't do"

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        if !pod.isGrouped { return nil }
    }

    func rejection(of node: NodeInfo) -> Rejection? { nil }
}
