import Machinery

/// What the schemas of the Gateway API forbid beyond types, as `x-kubernetes-validations` in YAML's flow form. Messages are the
/// specification's, which people search for. Source: the standard channel of the Gateway API, version 1.4.
enum GatewayValidations {
    static let listeners: String = text([
        (
            "self.all(l, !(l.protocol in ['HTTP', 'TCP', 'UDP']) || !has(l.tls))",
            "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']"
        ),
        (
            "self.all(l, l.protocol != 'HTTPS' || !has(l.tls) || l.tls.mode == 'Terminate')",
            "tls mode must be Terminate for protocol HTTPS"
        ),
        ("self.all(l, l.protocol != 'TLS' || has(l.tls))", "tls mode must be set for protocol TLS"),
        (
            "self.all(l, !(l.protocol in ['TCP', 'UDP']) || !has(l.hostname))",
            "hostname must not be specified for protocols ['TCP', 'UDP']"
        ),
        (
            "self.all(l, self.exists_one(o, o.port == l.port && o.protocol == l.protocol && " + same("hostname", "l") + "))",
            "Combination of port, protocol and hostname must be unique for each listener"
        ),
    ])

    static let tls: String = text([
        (
            "self.mode != 'Terminate' || has(self.certificateRefs) && size(self.certificateRefs) > 0 || has(self.options) && size(self.options) > 0",
            "certificateRefs or options must be specified when mode is Terminate"
        )
    ])

    static let controllerName: String = text([("self == oldSelf", "Value is immutable")])

    static let parentRefs: String = text([
        (
            "self.all(p, self.exists_one(o, o.group == p.group && o.kind == p.kind && o.name == p.name && "
                + ["__namespace__", "sectionName"].map { same($0, "p") }.joined(separator: " && ")
                + " && (has(o.port) ? o.port : 0) == (has(p.port) ? p.port : 0)))",
            "sectionName or port must be unique when parentRefs includes 2 or more references to the same parent"
        )
    ])

    static let rule: String = text(
        [
            (
                "!has(self.backendRefs) || size(self.backendRefs) == 0 || !has(self.filters) || self.filters.all(f, !has(f.requestRedirect))",
                "RequestRedirect filter must not be used together with backendRefs"
            )
        ]
            + [("requestRedirect", "RequestRedirect"), ("urlRewrite", "URLRewrite")].map { field, type in
                (
                    "!has(self.filters) || !self.filters.exists(f, has(f.\(field)) && has(f.\(field).path)"
                        + " && f.\(field).path.type == 'ReplacePrefixMatch')"
                        + " || size(self.matches) == 1 && has(self.matches[0].path) && self.matches[0].path.type == 'PathPrefix'",
                    "When using \(type) filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified"
                )
            })

    static let timeouts: String = text([
        (
            "!has(self.request) || !has(self.backendRequest) || duration(self.request) == duration('0s')"
                + " || duration(self.backendRequest) <= duration(self.request)",
            "backendRequest timeout cannot be longer than request timeout"
        )
    ])

    static let path: String = {
        let scope = "when type one of ['Exact', 'PathPrefix']"
        func unless(_ test: String) -> String { "self.type == 'RegularExpression' || \(test)" }
        return text(
            [(unless("self.value.startsWith('/')"), "value must be an absolute path and start with '/' \(scope)")]
                + ["//", "/./", "/../", "%2f", "%2F", "#"].map {
                    (unless("!self.value.contains('\($0)')"), "must not contain '\($0)' \(scope)")
                }
                + ["/..", "/."].map { (unless("!self.value.endsWith('\($0)')"), "must not end with '\($0)' \(scope)") })
    }()

    static let filters: String = text(
        [
            (
                "!self.exists(f, f.type == 'RequestRedirect') || !self.exists(f, f.type == 'URLRewrite')",
                "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both"
            )
        ]
            + ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"].map {
                ("self.filter(f, f.type == '\($0)').size() <= 1", "\($0) filter cannot be repeated")
            })

    /// Of one filter: the member of its type, and no other's.
    static let filter: String = text(
        [
            ("requestHeaderModifier", "RequestHeaderModifier"), ("responseHeaderModifier", "ResponseHeaderModifier"),
            ("requestMirror", "RequestMirror"), ("requestRedirect", "RequestRedirect"), ("urlRewrite", "URLRewrite"),
            ("extensionRef", "ExtensionRef"),
        ].flatMap { field, type in
            [
                ("!has(self.\(field)) || self.type == '\(type)'", "filter.\(field) must be nil if the filter.type is not \(type)"),
                ("has(self.\(field)) || self.type != '\(type)'", "filter.\(field) must be specified for \(type) filter.type"),
            ]
        })

    /// Of another path in the place of a request's.
    static let pathChange: String = text(
        [("replaceFullPath", "ReplaceFullPath"), ("replacePrefixMatch", "ReplacePrefixMatch")].flatMap { field, type in
            [
                ("has(self.\(field)) || self.type != '\(type)'", "\(field) must be specified when type is set to '\(type)'"),
                ("!has(self.\(field)) || self.type == '\(type)'", "type must be '\(type)' when \(field) is set"),
            ]
        })

    static let backendRef: String = text([
        ("size(self.group) != 0 || self.kind != 'Service' || has(self.port)", "Must have port for Service reference")
    ])

    static let mirror: String = text([
        (
            "!has(self.percent) || !has(self.fraction)",
            "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter"
        )
    ])

    static let fraction: String = text([
        ("self.numerator <= self.denominator", "numerator must be less than or equal to denominator")
    ])

    /// That a text of `o` is that of another object; one that is not there is empty.
    private static func same(_ field: String, _ other: String) -> String {
        "(has(o.\(field)) ? o.\(field) : '') == (has(\(other).\(field)) ? \(other).\(field) : '')"
    }

    private static func text(_ rules: [(rule: String, message: String)]) -> String {
        JSON.array(rules.map { ["rule": .string($0.rule), "message": .string($0.message)] }).text()
    }
}
