import API
import Client
import Machinery

/// Describes objects: asks for what belongs to them and lays it out as kubectl does.
/// Source: k8s.io/kubectl/pkg/describe/describe.go.
struct Describer {
    let session: Session
    let showsEvents: Bool

    /// The whole description of one object.
    func text(_ object: JSON, _ resource: APIResource) async throws -> String {
        var text = DescribeText(now: session.shell.now())
        switch (resource.resource.group, resource.resource.resource) {
        case ("", "pods"): PodDescription.write(object, &text)
        case ("", "services"): ServiceDescription.write(object, try await slices(of: object), &text)
        case ("", "nodes"):
            NodeDescription.write(object, try await pods(onNode: object.text(at: "metadata", "name")), await lease(of: object), &text)
        case ("", "namespaces"):
            let name: String = object.text(at: "metadata", "name")
            NamespaceDescription.write(object, try await limits("resourcequotas", name), try await limits("limitranges", name), &text)
            return text.text
        case ("", "endpoints"): EndpointDescription.writeEndpoints(object, &text)
        case ("discovery.k8s.io", "endpointslices"): EndpointDescription.writeSlice(object, &text)
        case ("", "configmaps"): DataDescription.writeConfigMap(object, &text)
        case ("", "secrets"):
            DataDescription.writeSecret(object, &text)
            return text.text
        case ("", "serviceaccounts"): DataDescription.writeServiceAccount(object, &text)
        case ("", "replicationcontrollers"), ("apps", "replicasets"):
            WorkloadDescription.writeReplicaSet(object, try await pods(of: object), &text)
        case ("apps", "deployments"): WorkloadDescription.writeDeployment(object, try await replicaSets(of: object), &text)
        case ("apps", "daemonsets"): WorkloadDescription.writeDaemonSet(object, try await pods(of: object), &text)
        case ("apps", "statefulsets"): WorkloadDescription.writeStatefulSet(object, try await pods(of: object), &text)
        case ("batch", "jobs"): JobDescription.writeJob(object, &text)
        case ("batch", "cronjobs"): JobDescription.writeCronJob(object, &text)
        case ("policy", "poddisruptionbudgets"): DataDescription.writeBudget(object, &text)
        case ("scheduling.k8s.io", "priorityclasses"): DataDescription.writePriorityClass(object, &text)
        case ("rbac.authorization.k8s.io", "roles"), ("rbac.authorization.k8s.io", "clusterroles"):
            AccessDescription.writeRole(object, &text)
            return text.text
        case ("rbac.authorization.k8s.io", "rolebindings"), ("rbac.authorization.k8s.io", "clusterrolebindings"):
            AccessDescription.writeBinding(object, &text)
            return text.text
        case ("", "resourcequotas"):
            LimitsDescription.writeQuota(object, &text)
            return text.text
        case ("", "limitranges"):
            LimitsDescription.writeRange(object, &text)
            return text.text
        case ("networking.k8s.io", "networkpolicies"):
            NetworkPolicyDescription.write(object, &text)
            return text.text
        case ("networking.k8s.io", "ingresses"): IngressDescription.writeIngress(object, await backends(of: object), &text)
        case ("networking.k8s.io", "ipaddresses"): AddressDescription.writeAddress(object, &text)
        case ("networking.k8s.io", "servicecidrs"): AddressDescription.writeRange(object, &text)
        case ("networking.k8s.io", "ingressclasses"): IngressDescription.writeClass(object, &text)
        case ("", "persistentvolumeclaims"): StorageDescription.writeClaim(object, try await users(of: object), &text)
        case ("", "persistentvolumes"): StorageDescription.writeVolume(object, &text)
        case ("storage.k8s.io", "storageclasses"): StorageDescription.writeClass(object, &text)
        case ("autoscaling", "horizontalpodautoscalers") where resource.resource.version == "v2":
            AutoscalerDescription.write(object, &text)
        default: GenericDescription.write(object, &text)
        }
        if showsEvents { text.events(try await events(of: object)) }
        return text.text
    }

    /// Events about an object, oldest first.
    private func events(of object: JSON) async throws -> [JSON] {
        let name: String = object.text(at: "metadata", "name")
        let namespace: String = object.text(at: "metadata", "namespace")
        var selector: [String] = ["involvedObject.name=" + name]
        if namespace.isEmpty {
            selector.append("involvedObject.kind=" + object.text(at: "kind"))
        } else {
            selector += ["involvedObject.namespace=" + namespace, "involvedObject.uid=" + object.text(at: "metadata", "uid")]
        }
        let list: JSON = try await session.send(
            APIRequest(
                .list, GroupVersionResource(group: "", version: "v1", resource: "events"), namespace: namespace.isEmpty ? nil : namespace,
                options: RequestOptions { $0.fieldSelector = selector.joined(separator: ",") }))
        func time(_ event: JSON) -> String {
            let last: String = event.text(at: "lastTimestamp")
            return last.isEmpty || event["lastTimestamp"]?.isNull == true ? event.text(at: "eventTime") : last
        }
        return list.list("items").sorted { time($0) < time($1) }
    }

    private func list(_ resource: GroupVersionResource, _ namespace: String, labels: String?) async throws -> [JSON] {
        let list: JSON = try await session.send(
            APIRequest(.list, resource, namespace: namespace, options: RequestOptions { $0.labelSelector = labels }))
        return list.list("items")
    }

    /// The pods that a workload's selector means.
    private func pods(of workload: JSON) async throws -> [JSON] {
        guard let labels = try PodSelector.text(of: workload) else { return [] }
        return try await list(Pod.names.resource, workload.text(at: "metadata", "namespace"), labels: labels)
            .filter { Self.isOwned($0, by: workload) }
    }

    private func replicaSets(of deployment: JSON) async throws -> [JSON] {
        guard let labels = try PodSelector.text(of: deployment) else { return [] }
        return try await list(ReplicaSet.names.resource, deployment.text(at: "metadata", "namespace"), labels: labels)
            .filter { Self.isOwned($0, by: deployment) }
    }

    /// The pods that mount a claim.
    private func users(of claim: JSON) async throws -> [JSON] {
        let name: String = claim.text(at: "metadata", "name")
        return try await list(Pod.names.resource, claim.text(at: "metadata", "namespace"), labels: nil).filter { pod in
            pod.list("spec", "volumes").contains { $0.text(at: "persistentVolumeClaim", "claimName") == name }
        }
    }

    /// The services behind an Ingress with their slices.
    private func backends(of ingress: JSON) async -> IngressDescription.Lookup {
        var lookup: IngressDescription.Lookup = [:]
        let namespace: String = ingress.text(at: "metadata", "namespace")
        for name in IngressDescription.services(ingress) where lookup[name] == nil {
            do {
                let service: JSON = try await session.send(
                    APIRequest(.get, Service.names.resource, namespace: namespace, name: name))
                lookup[name] = .success((service, try await slices(of: service)))
            } catch let status as APIStatus {
                lookup[name] = .failure(Failure(status.message))
            } catch {
                lookup[name] = .failure(Failure(error))
            }
        }
        return lookup
    }

    private static func isOwned(_ object: JSON, by owner: JSON) -> Bool {
        let uid: String = owner.text(at: "metadata", "uid")
        return object.list("metadata", "ownerReferences").contains { $0.text(at: "uid") == uid && $0["controller"]?.bool == true }
    }

    private func slices(of service: JSON) async throws -> [JSON] {
        try await list(
            EndpointSlice.names.resource, service.text(at: "metadata", "namespace"),
            labels: "kubernetes.io/service-name=" + service.text(at: "metadata", "name"))
    }

    private func pods(onNode name: String) async throws -> [JSON] {
        let selector: String = "spec.nodeName=\(name),status.phase!=Succeeded,status.phase!=Failed"
        return try await session.send(
            APIRequest(.list, Pod.names.resource, options: RequestOptions { $0.fieldSelector = selector })
        ).list("items")
    }

    private func lease(of node: JSON) async -> Result<JSON, any Error> {
        let request = APIRequest(.get, Lease.names.resource, namespace: "kube-node-lease", name: node.text(at: "metadata", "name"))
        do { return .success(try await session.send(request)) } catch { return .failure(error) }
    }

    /// Objects of a kind that limits a namespace; nil when the server does not know the kind.
    private func limits(_ resource: String, _ namespace: String) async throws -> [JSON]? {
        let type = GroupVersionResource(group: "", version: "v1", resource: resource)
        do { return try await session.send(APIRequest(.list, type, namespace: namespace)).list("items") } catch let status as APIStatus
            where status.isNotFound
        {
            return nil
        }
    }
}
