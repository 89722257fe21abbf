package import API

/// What somebody wants to do, as authorizers see it: something with a resource, or with a path outside of the resources.
package struct Attributes: Sendable, Hashable {
    /// A verb of the API or one that exists for authorization only: `impersonate`, `bind`, `escalate`, `approve`.
    package private(set) var verb: String
    package let isResource: Bool
    /// Empty for all namespaces and for resources without one.
    package let namespace: String
    package let group: String
    package let version: String
    package let resource: String
    /// Empty for the object itself.
    package let subresource: String
    /// Empty for all objects.
    package let name: String
    /// Of requests outside of the resources.
    package let path: String
    /// As the request has it; node agents are limited by it.
    package let fieldSelector: String
    /// `pods/log`, or the resource alone.
    let combined: String

    package init(
        verb: String, group: String, version: String = "*", resource: String, subresource: String = "", namespace: String = "",
        name: String = "", fieldSelector: String = ""
    ) {
        self.verb = verb
        isResource = true
        self.namespace = namespace
        self.group = group
        self.version = version
        self.resource = resource
        self.subresource = subresource
        self.name = name
        self.fieldSelector = fieldSelector
        path = ""
        combined = subresource.isEmpty ? resource : resource + "/" + subresource
    }

    /// Of a request outside of the resources. - Parameter verb: the HTTP method in small letters.
    package init(verb: String, path: String) {
        self.verb = verb
        isResource = false
        namespace = ""
        group = ""
        version = ""
        resource = ""
        subresource = ""
        name = ""
        fieldSelector = ""
        self.path = path
        combined = ""
    }

    /// Of a request for a resource. Source: `RequestInfoFactory` of k8s.io/apiserver/pkg/endpoints/request.
    package init(_ request: APIRequest) {
        let selector: String = request.options.fieldSelector ?? ""
        var name: String = request.name ?? ""
        var namespace: String = request.namespace ?? ""
        if name.isEmpty, !selector.isEmpty, request.verb == .list || request.verb == .watch {
            // A list of one named object is as good as its name.
            name = Self.value(of: "metadata.name", in: selector) ?? ""
        }
        // A namespace stands in itself, so that a role in it can allow to read it.
        if request.resource.group.isEmpty, request.resource.resource == "namespaces", let own = request.name { namespace = own }
        self.init(
            verb: request.verb.rawValue, group: request.resource.group, version: request.resource.version,
            resource: request.resource.resource, subresource: request.subresource ?? "", namespace: namespace, name: name,
            fieldSelector: selector)
    }

    /// Of whatever a request is for.
    init(_ target: Route.Target, method: String) {
        if case .resource(let request) = target {
            self.init(request)
        } else {
            self.init(verb: method.lowercased(), path: target.path)
        }
    }

    /// The same done with another verb.
    func with(verb: String) -> Attributes {
        var changed: Attributes = self
        changed.verb = verb
        return changed
    }

    /// What a field selector demands of a field; nil when it leaves the field open.
    static func value(of field: String, in selector: String) -> String? {
        for part in selector.split(separator: ",") {
            let pair: [Substring] = part.split(separator: "=", omittingEmptySubsequences: true)
            if pair.count == 2, pair[0] == field { return String(pair[1]) }
        }
        return nil
    }

    /// What a refusal says: `cannot list resource "pods" in API group "" in the namespace "default"`.
    var refusal: String {
        guard isResource else { return "cannot \(verb) path \"\(path)\"" }
        let place: String = namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(namespace)\""
        return "cannot \(verb) resource \"\(combined)\" in API group \"\(group)\" \(place)"
    }
}

/// What authorizers say.
package struct Decision: Sendable {
    package let isAllowed: Bool
    /// Why; for a refusal what is appended to its text. Often empty.
    package let reason: String

    static func allowed(_ reason: String = "") -> Decision { Decision(isAllowed: true, reason: reason) }
    static func noOpinion(_ reason: String = "") -> Decision { Decision(isAllowed: false, reason: reason) }
}
