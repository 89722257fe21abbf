import API
import Client
import Machinery

/// The revisions of a workload that can be gone back to.
/// Source: k8s.io/kubectl/pkg/polymorphichelpers/{history,rollback}.go.
struct RolloutRevisions {
    struct Revision {
        let number: Int64
        /// A ReplicaSet, or a ControllerRevision.
        let object: JSON
        let template: JSON
        var cause: String { object.text(at: "metadata", "annotations", "kubernetes.io/change-cause") }
    }

    let workload: Manifest
    /// By number.
    let all: [Revision]

    init(_ workload: Manifest, _ session: Session) async throws {
        self.workload = workload
        let isDeployment: Bool = workload.isApp("Deployment")
        let resource: GroupVersionResource = isDeployment ? ReplicaSet.names.resource : ControllerRevision.names.resource
        let labels: String? = try PodSelector.text(of: workload.json)
        let list: JSON = try await session.send(
            APIRequest(.list, resource, namespace: workload.namespace, options: RequestOptions { $0.labelSelector = labels }))
        let uid: String = workload.json.text(at: "metadata", "uid")
        var revisions: [Int64: Revision] = [:]
        for object in list.list("items") {
            guard object.list("metadata", "ownerReferences").contains(where: { $0.text(at: "uid") == uid && $0["controller"] == true })
            else { continue }
            if isDeployment {
                guard let number = Int64(object.text(at: "metadata", "annotations", Self.revisionAnnotation)) else { continue }
                revisions[number] = Revision(number: number, object: object, template: object[["spec", "template"]] ?? [:])
            } else {
                var template: JSON = object[["data", "spec", "template"]] ?? [:]
                template["$patch"] = nil
                revisions[object.number("revision")] = Revision(number: object.number("revision"), object: object, template: template)
            }
        }
        all = revisions.values.sorted { $0.number < $1.number }
    }

    static let revisionAnnotation = "deployment.kubernetes.io/revision"

    static func template(_ template: JSON, _ now: Time) -> String {
        var text = DescribeText(now: now, aligns: false)
        PodDescription.writeTemplate(template, &text)
        return text.text
    }
}
