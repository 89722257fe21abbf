package import Machinery

/// The definitions of the Gateway API's resources that new clusters have. Source: the standard channel of the Gateway API, version 1.4.
package enum GatewayDefinitions {
    package static func all() -> [View<CustomResourceDefinition>] {
        [
            definition(
                "GatewayClass", "gatewayclasses", ["gc"], isNamespaced: false, spec: gatewayClass,
                columns: [
                    ("Controller", "string", ".spec.controllerName"), ("Accepted", "string", condition("Accepted")),
                    ("Age", "date", ".metadata.creationTimestamp"),
                ]),
            definition(
                "Gateway", "gateways", ["gtw"], spec: gateway,
                columns: [
                    ("Class", "string", ".spec.gatewayClassName"), ("Address", "string", ".status.addresses[*].value"),
                    ("Programmed", "string", condition("Programmed")), ("Age", "date", ".metadata.creationTimestamp"),
                ]),
            definition(
                "HTTPRoute", "httproutes", [], spec: httpRoute,
                columns: [("Hostnames", "string", ".spec.hostnames"), ("Age", "date", ".metadata.creationTimestamp")]),
            definition(
                "ReferenceGrant", "referencegrants", ["refgrant"], spec: referenceGrant, hasStatus: false,
                columns: [("Age", "date", ".metadata.creationTimestamp")]),
        ].compactMap { $0 }
    }

    private static func condition(_ type: String) -> String { ".status.conditions[?(@.type==\"\(type)\")].status" }

    private static func definition(
        _ kind: String, _ plural: String, _ short: [String], isNamespaced: Bool = true, spec: String, hasStatus: Bool = true,
        columns: [(String, String, String)]
    ) -> View<CustomResourceDefinition>? {
        guard let spec: JSON = (try? YAML.documents(spec))?.first?.json else { return nil }
        var properties: JSON = [
            "apiVersion": ["type": "string"], "kind": ["type": "string"], "metadata": ["type": "object"], "spec": spec,
        ]
        if hasStatus { properties["status"] = ["type": "object", "x-kubernetes-preserve-unknown-fields": true] }
        let schema: JSON = ["openAPIV3Schema": ["type": "object", "required": ["spec"], "properties": properties]]
        let versions: [JSON] = ["v1", "v1beta1"].map { version in
            var one: JSON = [
                "name": .string(version), "served": true, "storage": .bool(version == "v1"), "schema": schema,
                "additionalPrinterColumns": .array(
                    columns.map { ["name": .string($0.0), "type": .string($0.1), "jsonPath": .string($0.2)] }),
            ]
            if hasStatus { one["subresources"] = ["status": [:]] }
            return one
        }
        return CustomResourceDefinition.new("\(plural).\(GatewayAPI.group)") {
            // Names of this group are for whom the project has agreed with.
            $0.metadata.annotations = [
                "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api/pull/3328",
                "gateway.networking.k8s.io/channel": "standard",
            ]
            $0.json["spec"] = [
                "group": .string(GatewayAPI.group), "scope": isNamespaced ? "Namespaced" : "Cluster",
                "names": [
                    "kind": .string(kind), "plural": .string(plural), "singular": .string(kind.lowercased()),
                    "listKind": .string(kind + "List"), "shortNames": .array(short.map { .string($0) }), "categories": ["gateway-api"],
                ],
                "versions": .array(versions),
            ]
        }
    }

    private static let gatewayClass = """
        type: object
        required: [controllerName]
        properties:
          controllerName: {type: string, minLength: 1, maxLength: 253, x-kubernetes-validations: \(GatewayValidations.controllerName)}
          description: {type: string, maxLength: 64}
          parametersRef:
            type: object
            required: [group, kind, name]
            properties: {group: {type: string}, kind: {type: string}, name: {type: string}, namespace: {type: string}}
        """

    private static let gateway = """
        type: object
        required: [gatewayClassName, listeners]
        properties:
          gatewayClassName: {type: string, minLength: 1, maxLength: 253}
          addresses:
            type: array
            maxItems: 16
            items: {type: object, properties: {type: {type: string, default: IPAddress}, value: {type: string}}}
          infrastructure: {type: object, x-kubernetes-preserve-unknown-fields: true}
          listeners:
            type: array
            minItems: 1
            maxItems: 64
            x-kubernetes-list-type: map
            x-kubernetes-list-map-keys: [name]
            x-kubernetes-validations: \(GatewayValidations.listeners)
            items:
              type: object
              required: [name, port, protocol]
              properties:
                name: {type: string, minLength: 1, maxLength: 253}
                hostname: {type: string, minLength: 1, maxLength: 253, pattern: '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'}
                port: {type: integer, format: int32, minimum: 1, maximum: 65535}
                protocol: {type: string, minLength: 1, maxLength: 255}
                tls:
                  type: object
                  x-kubernetes-validations: \(GatewayValidations.tls)
                  properties:
                    mode: {type: string, enum: [Terminate, Passthrough], default: Terminate}
                    certificateRefs:
                      type: array
                      maxItems: 64
                      items:
                        type: object
                        required: [name]
                        properties: {group: {type: string, default: ""}, kind: {type: string, default: Secret}, name: {type: string}, namespace: {type: string}}
                    options: {type: object, additionalProperties: {type: string}}
                    frontendValidation: {type: object, x-kubernetes-preserve-unknown-fields: true}
                allowedRoutes:
                  type: object
                  default: {namespaces: {from: Same}}
                  properties:
                    kinds:
                      type: array
                      items: {type: object, required: [kind], properties: {group: {type: string, default: gateway.networking.k8s.io}, kind: {type: string}}}
                    namespaces:
                      type: object
                      default: {from: Same}
                      properties:
                        from: {type: string, enum: [All, Selector, Same], default: Same}
                        selector: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """

    private static let parentRefs = """
        type: array
        maxItems: 32
        x-kubernetes-validations: \(GatewayValidations.parentRefs)
        items:
          type: object
          required: [name]
          properties: {group: {type: string, maxLength: 253, default: gateway.networking.k8s.io}, kind: {type: string, minLength: 1, maxLength: 63, default: Gateway}, namespace: {type: string, minLength: 1, maxLength: 63}, name: {type: string, minLength: 1, maxLength: 253}, sectionName: {type: string, minLength: 1, maxLength: 253}, port: {type: integer, format: int32, minimum: 1, maximum: 65535}}
        """

    private static let httpRoute = """
        type: object
        properties:
          parentRefs:
        \(indented(parentRefs, 4))
          hostnames: {type: array, maxItems: 16, items: {type: string, minLength: 1, maxLength: 253, pattern: '^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'}}
          rules:
            type: array
            maxItems: 16
            default: [{matches: [{path: {type: PathPrefix, value: /}}]}]
            items:
              type: object
              x-kubernetes-validations: \(GatewayValidations.rule)
              properties:
                name: {type: string}
                matches:
                  type: array
                  maxItems: 64
                  default: [{path: {type: PathPrefix, value: /}}]
                  items:
                    type: object
                    properties:
                      path:
                        type: object
                        default: {type: PathPrefix, value: /}
                        properties: {type: {type: string, enum: [Exact, PathPrefix, RegularExpression], default: PathPrefix}, value: {type: string, maxLength: 1024, default: /}}
                        x-kubernetes-validations: \(GatewayValidations.path)
                      headers: {type: array, maxItems: 16, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name, value], properties: {type: {type: string, enum: [Exact, RegularExpression], default: Exact}, name: {type: string}, value: {type: string}}}}
                      queryParams: {type: array, maxItems: 16, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name, value], properties: {type: {type: string, enum: [Exact, RegularExpression], default: Exact}, name: {type: string}, value: {type: string}}}}
                      method: {type: string, enum: [GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH]}
                filters:
                  type: array
                  maxItems: 16
        \(indented(filters, 10))
                backendRefs:
                  type: array
                  maxItems: 16
                  items:
                    type: object
                    required: [name]
                    x-kubernetes-validations: \(GatewayValidations.backendRef)
                    properties:
                      group: {type: string, default: ""}
                      kind: {type: string, default: Service}
                      name: {type: string}
                      namespace: {type: string}
                      port: {type: integer, format: int32, minimum: 1, maximum: 65535}
                      weight: {type: integer, format: int32, minimum: 0, maximum: 1000000, default: 1}
                      filters:
                        type: array
                        maxItems: 16
        \(indented(filters, 16))
                timeouts:
                  type: object
                  x-kubernetes-validations: \(GatewayValidations.timeouts)
                  properties: {request: {type: string, pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$'}, backendRequest: {type: string, pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$'}}
                retry:
                  type: object
                  properties: {codes: {type: array, items: {type: integer, minimum: 400, maximum: 599}}, attempts: {type: integer, minimum: 1}, backoff: {type: string, pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$'}}
                sessionPersistence: {type: object, x-kubernetes-preserve-unknown-fields: true}
        """

    private static let filters = """
        x-kubernetes-validations: \(GatewayValidations.filters)
        items:
          type: object
          required: [type]
          x-kubernetes-validations: \(GatewayValidations.filter)
          properties:
            type: {type: string, enum: [RequestHeaderModifier, ResponseHeaderModifier, RequestMirror, RequestRedirect, URLRewrite, ExtensionRef]}
            requestHeaderModifier:
              type: object
              properties:
                set: {type: array, maxItems: 16, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name, value], properties: {name: {type: string}, value: {type: string}}}}
                add: {type: array, maxItems: 16, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name, value], properties: {name: {type: string}, value: {type: string}}}}
                remove: {type: array, maxItems: 16, items: {type: string}}
            responseHeaderModifier:
              type: object
              properties:
                set: {type: array, maxItems: 16, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name, value], properties: {name: {type: string}, value: {type: string}}}}
                add: {type: array, maxItems: 16, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name, value], properties: {name: {type: string}, value: {type: string}}}}
                remove: {type: array, maxItems: 16, items: {type: string}}
            requestMirror:
              type: object
              required: [backendRef]
              x-kubernetes-validations: \(GatewayValidations.mirror)
              properties:
                backendRef:
                  type: object
                  required: [name]
                  x-kubernetes-validations: \(GatewayValidations.backendRef)
                  properties: {group: {type: string, default: ""}, kind: {type: string, default: Service}, name: {type: string}, namespace: {type: string}, port: {type: integer, format: int32, minimum: 1, maximum: 65535}}
                percent: {type: integer, format: int32, minimum: 0, maximum: 100}
                fraction: {type: object, required: [numerator], x-kubernetes-validations: \(GatewayValidations.fraction), properties: {numerator: {type: integer, format: int32}, denominator: {type: integer, format: int32, default: 100}}}
            requestRedirect:
              type: object
              properties:
                scheme: {type: string, enum: [http, https]}
                hostname: {type: string}
                path: {type: object, required: [type], x-kubernetes-validations: \(GatewayValidations.pathChange), properties: {type: {type: string, enum: [ReplaceFullPath, ReplacePrefixMatch]}, replaceFullPath: {type: string}, replacePrefixMatch: {type: string}}}
                port: {type: integer, format: int32, minimum: 1, maximum: 65535}
                statusCode: {type: integer, enum: [301, 302, 303, 307, 308], default: 302}
            urlRewrite:
              type: object
              properties:
                hostname: {type: string}
                path: {type: object, required: [type], x-kubernetes-validations: \(GatewayValidations.pathChange), properties: {type: {type: string, enum: [ReplaceFullPath, ReplacePrefixMatch]}, replaceFullPath: {type: string}, replacePrefixMatch: {type: string}}}
            extensionRef: {type: object, required: [group, kind, name], properties: {group: {type: string}, kind: {type: string}, name: {type: string}}}
        """

    private static let referenceGrant = """
        type: object
        required: [from, to]
        properties:
          from: {type: array, minItems: 1, maxItems: 16, items: {type: object, required: [group, kind, namespace], properties: {group: {type: string}, kind: {type: string}, namespace: {type: string}}}}
          to: {type: array, minItems: 1, maxItems: 16, items: {type: object, required: [group, kind], properties: {group: {type: string}, kind: {type: string}, name: {type: string}}}}
        """

    private static func indented(_ text: String, _ count: Int) -> String {
        text.split(separator: "\n").map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
    }
}
