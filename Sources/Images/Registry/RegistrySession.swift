import FoundationEssentials
import HTTP
import Machinery
import Synchronization

/// Asks one registry for one repository as one user. Source: the distribution specification of OCI, and the token authentication of
/// the distribution project.
final class RegistrySession: Sendable {
    typealias Answer = (status: Int, headers: HTTPHeaders, body: HTTPBody)

    private let image: ImageReference
    private let credentials: RegistryCredentials?
    /// Value of the header that the registry accepts, once it is known.
    private let authorization = Mutex<String?>(nil)
    private let clients = Mutex<[String: HTTPClient]>([:])

    private static let largestManifest = 4 << 20

    init(_ image: ImageReference, as credentials: RegistryCredentials?) {
        self.image = image
        self.credentials = credentials
    }

    // MARK: - What there is to get

    /// The manifest that a tag or digest names, checked against the digest where there is one.
    func manifest(_ version: String) async throws -> [UInt8] {
        let answer: Answer = try await get("manifests/\(version)", accept: Manifest.mediaTypes)
        let bytes: [UInt8] = try await whole(answer.body)
        if let expected = Digest(version) {
            let found = Digest(of: bytes)
            guard found == expected else {
                throw ImageError.wrongDigest(of: "the manifest of \(image)", expected: version, found: found.description)
            }
        }
        return bytes
    }

    /// A small blob, checked.
    func bytes(_ descriptor: Descriptor, _ what: String) async throws -> [UInt8] {
        let answer: Answer = try await get("blobs/\(descriptor.digest)")
        let bytes: [UInt8] = try await whole(answer.body)
        let found = Digest(of: bytes)
        guard found == descriptor.digest else {
            throw ImageError.wrongDigest(of: what, expected: descriptor.digest.description, found: found.description)
        }
        return bytes
    }

    /// A blob as it arrives; nobody checked it.
    func stream(_ descriptor: Descriptor) async throws -> HTTPBody { try await get("blobs/\(descriptor.digest)").body }

    private func whole(_ body: HTTPBody) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await part in body {
            bytes += part
            if bytes.count > Self.largestManifest {
                throw ImageError.damaged(
                    "the registry's answer for \(image) has more than \(Self.largestManifest) bytes, too many for what it is")
            }
        }
        return bytes
    }

    // MARK: - Asking

    private var root: String {
        // The hub's registry has another name than its images.
        let host: String = image.registry == ImageReference.hub ? "registry-1.docker.io" : image.registry
        return "\(image.isOnLoopback ? "http" : "https")://\(host)/v2/\(image.repository)/"
    }

    private func get(_ path: String, accept: [String] = []) async throws -> Answer {
        var answer: Answer = try await follow(root + path, accept)
        if answer.status == 401 {
            try await authorize(answer.headers.all("www-authenticate").compactMap { RegistryChallenge($0) })
            answer = try await follow(root + path, accept)
        }
        switch answer.status {
        case 200: return answer
        case 401 where credentials != nil:
            throw ImageError.refused(image.name, reason: "authorization failed: the registry does not take this user and password")
        case 401, 403: throw ImageError.refused(image.name, reason: "server answered with \(answer.status) to \(root)\(path)")
        case 404: throw ImageError.notFound(path.hasPrefix("manifests") ? image.description : "\(image.name) \(path)")
        case 429: throw ImageError.registry("unexpected status from GET request to \(root)\(path): 429 Too Many Requests")
        default: throw ImageError.registry("unexpected status from GET request to \(root)\(path): \(answer.status)")
        }
    }

    /// Asks, and asks again where the registry says that it lies elsewhere. Nobody else is told who asks.
    private func follow(_ address: String, _ accept: [String]) async throws -> Answer {
        guard var url = URL(string: address) else { throw ImageError.registry("\(address) is no address") }
        let home: String = Self.authority(url)
        for _ in 0..<6 {
            var headers = HTTPHeaders()
            headers.add("User-Agent", "swkube/0.1")
            if !accept.isEmpty { headers.add("Accept", accept.joined(separator: ", ")) }
            if Self.authority(url) == home, let value = authorization.withLock({ $0 }) { headers.add("Authorization", value) }
            let answer: Answer = try await send(HTTPClientRequest(target: Self.target(url), headers: headers, timeout: .seconds(60)), url)
            guard [301, 302, 303, 307, 308].contains(answer.status), let place = answer.headers["location"] else { return answer }
            guard let next = URL(string: place, relativeTo: url)?.absoluteURL else {
                throw ImageError.registry("\(address) sends on to \(place), which is no address")
            }
            url = next
        }
        throw ImageError.registry("\(address) sends on again and again")
    }

    private func send(_ request: HTTPClientRequest, _ url: URL) async throws -> Answer {
        let client: HTTPClient = try client(url)
        do {
            return try await client.stream(request)
        } catch let error as HTTPError {
            throw ImageError.registry("failed to do request: \(request.method) \"\(url.absoluteString)\": \(error)")
        }
    }

    private func client(_ url: URL) throws -> HTTPClient {
        guard let host = url.host else { throw ImageError.registry("\(url.absoluteString) names no host") }
        let isSecure: Bool = url.scheme == "https"
        guard isSecure || (url.scheme == "http" && ImageReference.isLoopback(Self.authority(url))) else {
            throw ImageError.registry("\(url.absoluteString) is not HTTPS: plain HTTP is spoken to this machine's own registries only")
        }
        let key: String = (isSecure ? "https://" : "http://") + Self.authority(url)
        return clients.withLock { clients in
            if let known = clients[key] { return known }
            let name: String = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            let made = HTTPClient(
                HTTPClientConfiguration(
                    host: name == "localhost" && !isSecure ? "127.0.0.1" : name, port: url.port ?? (isSecure ? 443 : 80),
                    tls: isSecure ? HTTPClientConfiguration.TLS() : nil))
            clients[key] = made
            return made
        }
    }

    private static func authority(_ url: URL) -> String { (url.host ?? "") + (url.port.map { ":\($0)" } ?? "") }

    private static func target(_ url: URL) -> String {
        let path: String = url.path(percentEncoded: true)
        return (path.isEmpty ? "/" : path) + (url.query(percentEncoded: true).map { "?" + $0 } ?? "")
    }

    // MARK: - Authorization

    private func authorize(_ challenges: [RegistryChallenge]) async throws {
        func refuse(_ why: String) -> ImageError { .refused(image.name, reason: why) }
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            let token: String = try await token(bearer)
            return authorization.withLock { $0 = "Bearer " + token }
        }
        guard challenges.contains(where: { $0.scheme == "basic" }) else {
            throw refuse("the registry wants authentication of a kind that this version does not know")
        }
        guard let credentials else { throw refuse("authorization failed: no basic auth credentials") }
        authorization.withLock { $0 = credentials.basic }
    }

    private func token(_ challenge: RegistryChallenge) async throws -> String {
        guard let realm = challenge.parameters["realm"], let url = URL(string: realm) else {
            throw ImageError.refused(image.name, reason: "the registry names no place that gives tokens")
        }
        var fields: [(String, String)] = []
        if let service = challenge.parameters["service"] { fields.append(("service", service)) }
        fields.append(("scope", challenge.parameters["scope"] ?? "repository:\(image.repository):pull"))
        var headers = HTTPHeaders()
        headers.add("User-Agent", "swkube/0.1")
        let request: HTTPClientRequest
        if let credentials, !credentials.identityToken.isEmpty {
            fields += [("grant_type", "refresh_token"), ("refresh_token", credentials.identityToken), ("client_id", "swkube")]
            headers.add("Content-Type", "application/x-www-form-urlencoded")
            request = HTTPClientRequest(
                method: "POST", target: Self.target(url), headers: headers, body: Array(Self.form(fields).utf8), timeout: .seconds(60))
        } else {
            if let credentials { headers.add("Authorization", credentials.basic) }
            let target: String = Self.target(url)
            request = HTTPClientRequest(
                target: target + (target.contains("?") ? "&" : "?") + Self.form(fields), headers: headers, timeout: .seconds(60))
        }
        let answer: Answer = try await send(request, url)
        let bytes: [UInt8] = try await whole(answer.body)
        guard answer.status == 200 else {
            throw ImageError.refused(
                image.name,
                reason: "authorization failed: failed to fetch \(credentials == nil ? "anonymous" : "oauth") token: "
                    + "unexpected status from \(request.method) request to \(realm): \(answer.status)")
        }
        let json: JSON? = try? JSON(parsing: bytes)
        guard let token = json?["token"]?.string ?? json?["access_token"]?.string, !token.isEmpty else {
            throw ImageError.refused(image.name, reason: "\(realm) gave no token")
        }
        return token
    }

    private static func form(_ fields: [(String, String)]) -> String {
        fields.map { name, value in "\(name)=\(encoded(value))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        let digits: [Character] = Array("0123456789ABCDEF")
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: result.unicodeScalars.append(UnicodeScalar(byte))
            default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return result
    }
}
