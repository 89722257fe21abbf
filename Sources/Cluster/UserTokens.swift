import APIServer

/// The tokens of users that the cluster is told of in files, read once at the start.
enum UserTokens {
    /// Reads the file that `start` was given, else `tokens.csv` in the cluster's folder, if there is one.
    static func read(_ profile: ClusterProfile, _ given: String?) throws(ClusterError) -> StaticTokens {
        guard let path = given ?? (profile.hasTokens ? profile.tokensPath : nil) else { return .none }
        do {
            return try StaticTokens(csv: String(decoding: try PrivateFile.read(path, holding: "tokens"), as: UTF8.self))
        } catch let error as StaticTokens.Malformed {
            throw ClusterError("the file of tokens \(path) can't be read: \(error)")
        } catch {
            throw error as? ClusterError ?? ClusterError("the file of tokens \(path) can't be read: \(error)")
        }
    }
}
