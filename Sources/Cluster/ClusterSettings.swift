import FoundationEssentials
import Machinery

/// What a cluster keeps from start to start.
struct ClusterSettings: Sendable {
    /// The API's port on 127.0.0.1; the first start takes a free one, later ones the same.
    var port: Int
    /// Names the cluster for ever.
    let uid: String
    let created: Time

    /// Of all processes of its pods.
    var controlGroup: String { "swkube-" + uid }

    init(created: Time) {
        port = 0
        uid = UUID().uuidString.lowercased()
        self.created = created
    }

    /// nil before the first start. Throws ``ClusterError`` for a file that was damaged.
    init?(_ profile: ClusterProfile) throws(ClusterError) {
        guard profile.exists else { return nil }
        let bytes: [UInt8] = try PrivateFile.read(profile.settingsPath)
        guard let json = try? JSON(parsing: bytes), let port = json["port"]?.int, let uid = json["uid"]?.string,
            let created = json["created"]?.string.flatMap({ Time($0) })
        else {
            throw ClusterError(
                "\(profile.settingsPath) is damaged. Remove the cluster (swkube delete-cluster --cluster \(profile.name)) or restore the file"
            )
        }
        self.port = Int(port)
        self.uid = uid
        self.created = created
    }

    func write(_ profile: ClusterProfile) throws(ClusterError) {
        let json: JSON = ["port": .int(Int64(port)), "uid": .string(uid), "created": created.json]
        try PrivateFile.write(json.serialized(JSONStyle(indent: 2)), to: profile.settingsPath)
    }
}
