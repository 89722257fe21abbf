import API
import Machinery

/// Holds pods back that ask for what this version cannot give, and says so: devices of ResourceClaims, and groups that start as one.
struct DeviceClaims: Filter {
    static let name = "DynamicResources"
    static let events: Set<ClusterEvent.Kind> = []
    static func mayHelp(_ pod: PodInfo, _ event: ClusterEvent, _ snapshot: Snapshot) -> Bool { false }

    private let rejection: Rejection

    init?(_ pod: PodInfo, _ snapshot: Snapshot, _ arguments: PluginArguments) {
        if pod.pod.spec.json["resourceClaims"]?.array?.isEmpty == false {
            rejection = .incurable("spec.resourceClaims asks for devices, which this version of swkube doesn't allocate")
        } else if pod.pod.spec.schedulingGroup != nil {
            rejection = .incurable("spec.schedulingGroup asks for scheduling as a group, which this version of swkube doesn't do")
        } else {
            return nil
        }
    }

    func rejection(of node: NodeInfo) -> Rejection? { rejection }
}
