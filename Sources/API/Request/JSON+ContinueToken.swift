package import Machinery

extension JSON {
    /// Where a list goes on; nil on its last page, which lists of custom resources tell by an empty token and all others by none.
    package var continueToken: String? {
        guard let token = self[["metadata", "continue"]]?.string, !token.isEmpty else { return nil }
        return token
    }
}
