import API
import CEL
import Machinery
import Store

/// The admission policies of the cluster: which requests they are about, and what they need to judge them.
final class AdmissionPolicies: Sendable {
    static let group = "admissionregistration.k8s.io"
    /// Kinds that no policy is about, lest a wrong one can't be taken away.
    private static let exempt: Set<String> = [
        "validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
    ]

    let validating: PolicyTable
    let mutating: PolicyTable
    let authorizer: Authorizer
    private let objects: ParsedObjects
    private let types: ServedTypes

    init(objects: ParsedObjects, types: ServedTypes, authorizer: Authorizer) {
        self.objects = objects
        self.types = types
        self.authorizer = authorizer
        validating = PolicyTable(store: objects.store, mutates: false)
        mutating = PolicyTable(store: objects.store, mutates: true)
    }

    /// A policy or binding was written or removed.
    func changed(_ names: KindNames) {
        guard names.group == Self.group else { return }
        validating.forget()
        mutating.forget()
    }

    /// A policy that is about a request, with the version of the object that it wants to see.
    struct Match {
        let policy: AdmissionPolicy
        let binding: AdmissionPolicyBinding?
        let type: ResourceType
        /// Why parameters can't be had; then there is nothing to evaluate.
        let failure: String?
        /// nil for a policy without parameters.
        let params: JSON?
        /// Tells the parameters of one binding apart.
        let paramName: String
    }

    /// The policies that are about a request, one for each binding and each object of parameters.
    ///
    /// Throws ``APIStatus`` (404) without the object's namespace.
    func due(
        _ table: PolicyTable, _ operation: AdmissionOperation, object: JSON?, old: JSON?, _ call: Call
    ) throws(APIStatus) -> [Match] {
        let entries: [PolicyTable.Enforced] = table.entries
        guard !entries.isEmpty, !(call.names.group == Self.group && Self.exempt.contains(call.names.plural)) else { return [] }
        var due: [Match] = []
        for entry in entries {
            guard let type = try matched(entry.policy.constraints, operation, object, old, call) else { continue }
            for binding in entry.bindings {
                var wanted: ResourceType = type
                if let constraints = binding.constraints {
                    guard let narrower = try matched(constraints, operation, object, old, call) else { continue }
                    // A binding without rules leaves the policy's choice.
                    if narrower !== call.type { wanted = narrower }
                }
                due += params(entry.policy, binding, wanted, call)
            }
        }
        return due
    }

    private func matched(
        _ constraints: PolicyConstraints, _ operation: AdmissionOperation, _ object: JSON?, _ old: JSON?, _ call: Call
    ) throws(APIStatus) -> ResourceType? {
        let name: String = call.request.name ?? (object ?? old)?[["metadata", "name"]]?.string ?? ""
        guard
            let type = constraints.type(
                operation, call.type, call.request.subresource, name: name, equivalents: { types.equivalents(of: $0) })
        else { return nil }
        guard try RequestSelection.namespace(constraints.namespaceSelector, operation, object, call, objects.store),
            RequestSelection.object(constraints.objectSelector, object, old)
        else { return nil }
        return type
    }

    // MARK: - Parameters

    /// Source: `CollectParams` of k8s.io/apiserver/pkg/admission/plugin/policy/generic.
    private func params(_ policy: AdmissionPolicy, _ binding: AdmissionPolicyBinding, _ type: ResourceType, _ call: Call) -> [Match] {
        func match(_ params: JSON?, _ name: String = "", failure: String? = nil) -> Match {
            Match(policy: policy, binding: binding, type: type, failure: failure, params: params, paramName: name)
        }
        guard let kind = policy.paramKind, let reference = binding.paramRef else { return [match(nil)] }
        guard let served = types.all.first(where: { $0.names.apiVersion == kind.apiVersion && $0.names.kind == kind.kind }) else {
            let (group, version): (String, String) = Self.split(kind.apiVersion)
            return [
                Match(
                    policy: policy, binding: nil, type: type,
                    failure: "failed to find resource referenced by paramKind: '\(group)/\(version), Kind=\(kind.kind)'",
                    params: nil, paramName: "")
            ]
        }
        let wanted: String = reference["namespace"]?.string ?? ""
        var namespace: String?
        if served.names.isNamespaced {
            namespace = wanted.isEmpty ? call.request.namespace : wanted
            if namespace == nil {
                let why = "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
                return [match(nil, failure: why)]
            }
        } else if !wanted.isEmpty {
            return [match(nil, failure: "paramRef.namespace must not be provided for a cluster-scoped `paramKind`")]
        }
        let found: [JSON]
        if let name = reference["name"]?.string, !name.isEmpty {
            let key: String = ObjectKeys.key(served.storedNames, namespace: namespace, name: name)
            found = objects.store.newest(key).flatMap { objects.parsed($0) }.map { [$0] } ?? []
        } else {
            let selector: LabelMatch = Webhook.selector(reference["selector"])
            let prefix: String = ObjectKeys.prefix(served.storedNames, namespace: namespace)
            let entries: [Entry] = (try? objects.store.list(prefix: prefix).entries) ?? []
            found = entries.compactMap { objects.parsed($0) }.filter { selector.matches($0[["metadata", "labels"]]) }
        }
        guard !found.isEmpty else {
            guard reference["parameterNotFoundAction"]?.string == "Deny" else { return [] }
            return [
                match(nil, failure: "no params found for policy binding with `Deny` parameterNotFoundAction")
            ]
        }
        return found.map { stored in
            let served: JSON = (try? served.conversion?.toServed([stored]).first) ?? stored
            let metadata: JSON? = stored["metadata"]
            return match(served, "\(metadata?["namespace"]?.string ?? "")/\(metadata?["name"]?.string ?? "")")
        }
    }

    private static func split(_ apiVersion: String) -> (String, String) {
        let parts: [Substring] = apiVersion.split(separator: "/", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : ("", apiVersion)
    }

    // MARK: - Inputs

    /// What a policy's expressions see. Throws ``APIStatus`` for an object that can't be had in the version that the policy wants.
    func inputs(
        _ match: Match, _ operation: AdmissionOperation, object: JSON?, old: JSON?, _ call: Call
    ) throws(APIStatus) -> PolicyInputs {
        let shown: JSON? = try object?.converted(from: call, to: match.type)
        let before: JSON? = try old?.converted(from: call, to: match.type)
        return PolicyInputs(
            object: shown, old: before, request: AdmissionReview.request(operation, object: shown, as: match.type, call),
            namespace: try namespace(of: call), judge: PolicyJudge(authorizer: authorizer, user: call.user),
            resource: PolicyJudge.resource(of: call), params: match.params, variables: match.policy.variables)
    }

    private func namespace(of call: Call) throws(APIStatus) -> JSON? {
        guard !call.isOf(Namespace.self), let name = call.request.namespace else { return nil }
        guard let namespace = objects.find(Namespace.self, ObjectKey(namespace: "", name: name)) else {
            throw .notFound(Namespace.names, name)
        }
        return namespace.json
    }
}

/// Whether selectors choose a request. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/predicates.
enum RequestSelection {
    /// Throws ``APIStatus`` (404) without the object's namespace.
    static func namespace(
        _ selector: LabelMatch, _ operation: AdmissionOperation, _ object: JSON?, _ call: Call, _ store: any Store
    ) throws(APIStatus) -> Bool {
        guard !selector.isEverything else { return true }
        func labels(_ name: String) throws(APIStatus) -> [String: String] {
            let key: String = ObjectKeys.key(Namespace.names, namespace: nil, name: name)
            guard let index = store.newest(key)?.index as? ObjectIndex else { throw .notFound(Namespace.names, name) }
            return index.labels
        }
        if call.isOf(Namespace.self) {
            if operation != .delete, call.request.subresource == nil { return selector.matches(object?[["metadata", "labels"]]) }
            return try selector.matches(labels(call.request.name ?? ""))
        }
        // Objects outside of namespaces are never exempt.
        guard let namespace = call.request.namespace else { return true }
        return try selector.matches(labels(namespace))
    }

    static func object(_ selector: LabelMatch, _ object: JSON?, _ old: JSON?) -> Bool {
        guard !selector.isEverything else { return true }
        return [object, old].contains { one in
            guard let one, !one.isNull else { return false }
            return selector.matches(one[["metadata", "labels"]])
        }
    }
}
