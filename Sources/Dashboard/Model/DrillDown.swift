import API
import Client
package import Machinery

/// Where a step down from an object leads: from a workload to its pods, from a pod to its containers.
package enum DrillDown: Sendable, Equatable {
    /// A table of other objects; when `owner` is given, only those that it owns.
    case table(TableQuery, owner: String?)
    case containers(ObjectPlace)
    /// A namespace was chosen.
    case namespace(String)
    /// Nothing is below: the object itself is described.
    case describe

    /// By what the object says, and not by a list of kinds: whatever selects pods leads to them.
    package static func from(_ place: ObjectPlace, _ object: JSON) -> DrillDown {
        let pods = APIResource(Pod.names)
        switch place.resource.resource {
        case Pod.names.resource: return .containers(place)
        case Namespace.names.resource: return .namespace(place.name)
        case Node.names.resource: return .table(TableQuery(pods, fields: "spec.nodeName=\(place.name)"), owner: nil)
        case CronJob.names.resource:
            return .table(TableQuery(APIResource(Job.names), namespace: place.namespace), owner: object[["metadata", "uid"]]?.string)
        default: break
        }
        guard object[["spec", "selector"]]?.object != nil, place.namespace != nil, let selector = try? PodSelector.text(of: object),
            !selector.isEmpty
        else { return .describe }
        return .table(TableQuery(pods, namespace: place.namespace, labels: selector), owner: nil)
    }
}
