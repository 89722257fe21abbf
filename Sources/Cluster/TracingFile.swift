import APIServer
import Machinery

/// The file of `--tracing-config-file`. Source: TracingConfiguration of apiserver.config.k8s.io/v1 and its validation in
/// k8s.io/component-base/tracing/api.
enum TracingFile {
    private static let versions: Set<String> = ["v1", "v1beta1", "v1alpha1"]
    private static let fields: Set<String> = ["apiVersion", "kind", "endpoint", "samplingRatePerMillion"]

    /// Throws ``ClusterError`` with what is wrong in which file.
    static func read(_ file: String) throws(ClusterError) -> RequestTracing.Settings {
        let json: JSON
        do { json = try YAML.documents(try PrivateFile.read(file), file: file).first?.json ?? .null } catch {
            throw ClusterError("the tracing configuration \(file) can't be read: \(error)")
        }
        return try settings(json, file)
    }

    static func settings(_ json: JSON, _ file: String) throws(ClusterError) -> RequestTracing.Settings {
        func wrong(_ text: String) -> ClusterError { ClusterError("the tracing configuration \(file) can't be used: \(text)") }
        let version: [Substring] = (json["apiVersion"]?.string ?? "").split(separator: "/")
        guard version.count == 2, version[0] == "apiserver.config.k8s.io", versions.contains(String(version[1])),
            json["kind"] == "TracingConfiguration"
        else { throw wrong("wanted apiVersion apiserver.config.k8s.io/v1 and kind TracingConfiguration") }
        if let unknown = json.object?.members.first(where: { !fields.contains($0.key) }) {
            throw wrong("unknown field \"\(unknown.key)\"")
        }
        let rate: Int64 = json["samplingRatePerMillion"]?.int ?? 0
        guard rate >= 0 else { throw wrong("samplingRatePerMillion: Invalid value: \(rate): sampling rate must be positive") }
        guard rate <= 1_000_000 else {
            throw wrong(
                "samplingRatePerMillion: Invalid value: \(rate): sampling rate per million must be less than or equal to one million")
        }
        var endpoint: Substring = (json["endpoint"]?.string ?? "localhost:4317")[...]
        if let scheme = endpoint.firstRange(of: "://") {
            guard endpoint[..<scheme.lowerBound] == "dns" else {
                throw wrong("endpoint: Invalid value: \"\(endpoint)\": give host:port of a collector that takes OTLP by gRPC")
            }
            endpoint = endpoint[scheme.upperBound...].drop { $0 == "/" }
        }
        guard let colon = endpoint.lastIndex(of: ":"), colon > endpoint.startIndex,
            let port = Int(endpoint[endpoint.index(after: colon)...]), (1...65535).contains(port)
        else { throw wrong("endpoint: Invalid value: \"\(endpoint)\": give host:port of a collector that takes OTLP by gRPC") }
        let host: Substring = endpoint[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
        return RequestTracing.Settings(host: String(host), port: port, samplingRatePerMillion: Int(rate))
    }
}
