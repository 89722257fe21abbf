import Crypto
import CryptoExtras
import Store

/// Keys of one cipher, by name: the first seals, each opens what carries its name. What stands on the disk is `k8s:enc:CIPHER:v1:NAME:`, and
/// then what the cipher makes.
///
/// Source: k8s.io/apiserver/pkg/storage/value/encrypt/aes.
struct NamedKeys {
    enum Cipher: String {
        /// Nonce, cipher text and tag. The key of the store is authenticated with it, so that a value can't be put in another's place.
        case aesgcm
        /// A block to begin with, then blocks that are filled up. Nothing tells a value that was changed.
        case aescbc
    }

    /// Bytes that a key may have.
    static let keySizes: [Int] = [16, 24, 32]

    let cipher: Cipher
    /// Not empty; unique by name.
    let keys: [(name: String, key: SymmetricKey)]

    private func head(_ name: String) -> [UInt8] { Array("k8s:enc:\(cipher.rawValue):v1:\(name):".utf8) }

    func seal(_ value: [UInt8], place: String) throws -> [UInt8] {
        let (name, key): (String, SymmetricKey) = keys[0]
        return head(name) + (try sealed(value, key, place))
    }

    /// nil for what carries none of the names. Throws ``SealingFailure``.
    func open(_ stored: [UInt8], place: String) throws(SealingFailure) -> (value: [UInt8], isStale: Bool)? {
        for (index, (name, key)) in keys.enumerated() {
            let head: [UInt8] = head(name)
            guard stored.starts(with: head) else { continue }
            guard let value = try? opened(stored.dropFirst(head.count), key, place) else {
                throw SealingFailure("the key \"\(name)\" does not open it: it is another one, or the value was changed")
            }
            return (value, index > 0)
        }
        return nil
    }

    private func sealed(_ value: [UInt8], _ key: SymmetricKey, _ place: String) throws -> [UInt8] {
        switch cipher {
        case .aesgcm:
            let box = try AES.GCM.seal(value, using: key, authenticating: Array(place.utf8))
            return Array(box.nonce) + box.ciphertext + box.tag
        case .aescbc:
            let start = AES._CBC.IV()
            return Array(start) + (try AES._CBC.encrypt(value, using: key, iv: start))
        }
    }

    private func opened(_ box: ArraySlice<UInt8>, _ key: SymmetricKey, _ place: String) throws -> [UInt8] {
        switch cipher {
        case .aesgcm: Array(try AES.GCM.open(AES.GCM.SealedBox(combined: box), using: key, authenticating: Array(place.utf8)))
        case .aescbc: Array(try AES._CBC.decrypt(box.dropFirst(16), using: key, iv: AES._CBC.IV(ivBytes: box.prefix(16))))
        }
    }
}

extension SymmetricKey {
    var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}
