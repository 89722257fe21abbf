package import Machinery

/// The kinds of the Gateway API as the cluster's own controller reads them. They are custom resources: what holds for their fields is said
/// by ``GatewayDefinitions``, or by the definitions that a user puts in their place. Source: gateway-api.sigs.k8s.io.
package enum GatewayAPI {
    package static let group = "gateway.networking.k8s.io"
}

/// A sort of Gateways and the controller that serves them.
package struct GatewayClass: Kind {
    package static let definition = Definition(
        GatewayClass(), "gateway.v1.GatewayClass", "A sort of Gateways and the controller that serves them.")
    package static let names = KindNames(
        "GatewayClass", group: GatewayAPI.group, plural: "gatewayclasses", short: ["gc"], isNamespaced: false,
        subresources: [.status("GatewayClass")], tracksGeneration: true)
    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
}

/// Points at which requests come in.
package struct Gateway: Kind {
    package static let definition = Definition(Gateway(), "gateway.v1.Gateway", "Points at which requests come in.")
    package static let names = KindNames(
        "Gateway", group: GatewayAPI.group, plural: "gateways", short: ["gtw"], subresources: [.status("Gateway")], tracksGeneration: true)
    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
}

/// Where requests go that came in by Gateways.
package struct HTTPRoute: Kind {
    package static let definition = Definition(HTTPRoute(), "gateway.v1.HTTPRoute", "Where requests go that came in by Gateways.")
    package static let names = KindNames(
        "HTTPRoute", group: GatewayAPI.group, plural: "httproutes", subresources: [.status("HTTPRoute")], tracksGeneration: true)
    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
}

/// Lets objects of other namespaces name objects of this one.
package struct ReferenceGrant: Kind {
    package static let definition = Definition(
        ReferenceGrant(), "gateway.v1.ReferenceGrant", "Lets objects of other namespaces name objects of this one.")
    package static let names = KindNames(
        "ReferenceGrant", group: GatewayAPI.group, plural: "referencegrants", short: ["refgrant"], tracksGeneration: true)
    package let metadata = Field<ObjectMeta>("metadata", 1, "Name, labels and the like.")
}
